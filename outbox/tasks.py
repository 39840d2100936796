"""The outbox's Celery tasks."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready

from outbox.events import tasks
from outbox.services import relay


@worker_ready.connect
def look_for_work(sender: Any, **kwargs: Any) -> None:
    """A worker that starts does not wait for the next wake: there may have been a crash."""
    for task in tasks():
        sender.app.send_task(task)


@shared_task(name="outbox.deliver")
def deliver() -> None:
    """Run the consumers of rows that name no other task."""
    relay.drain("outbox.deliver")


@shared_task(name="outbox.sweep", expires=5)
def sweep() -> None:
    """Wake every task that has rows due."""
    relay.sweep()


@shared_task(name="outbox.purge")
def purge() -> None:
    """Forget what has been done and answered long ago."""
    relay.purge()
