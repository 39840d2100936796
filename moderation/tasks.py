"""Moderation's Celery tasks."""

from datetime import timedelta

from celery import shared_task

from common import clock
from moderation.models import SeenText
from moderation.phases.repeats import LOOKED_BACK
from outbox.services import relay


@shared_task(name="screen_comment")
def screen_comment() -> None:
    """Screen the revisions that wait for it, on the queue `screening`."""
    relay.drain("screen_comment")


@shared_task(name="screen_over_network")
def screen_over_network() -> None:
    """Ask other machines about the revisions that wait for it, on the queue `screening_network`:
    who has nobody to ask does not wait for who does not answer.
    """
    relay.drain("screen_over_network")


@shared_task(name="moderation.forget_texts")
def forget_texts() -> None:
    """Drop the digests that `repeats` no longer looks back to."""
    SeenText.objects.filter(seen_at__lt=clock.now() - LOOKED_BACK - timedelta(hours=1)).delete()
