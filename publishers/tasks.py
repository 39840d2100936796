"""The ground's Celery tasks."""

from celery import shared_task

from outbox.services import relay


@shared_task(name="publishers.purge_answers")
def purge_answers() -> None:
    """Tell the CDN what changed, on the queue `screening_network`."""
    relay.drain("publishers.purge_answers")
