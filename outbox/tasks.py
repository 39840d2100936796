"""The outbox's Celery tasks."""

from celery import shared_task

from outbox.services import relay


@shared_task(name="outbox.deliver")
def deliver(row_id: int) -> None:
    """Run one outbox row's consumer."""
    relay.deliver(row_id)


@shared_task(name="outbox.sweep", expires=5)
def sweep() -> None:
    """Wake what is overdue."""
    relay.sweep()


@shared_task(name="outbox.purge")
def purge() -> None:
    """Forget what has been done and answered long ago."""
    relay.purge()
