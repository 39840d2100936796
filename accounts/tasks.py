"""The accounts' Celery tasks."""

from celery import shared_task

from accounts.services import avatars, tokens


@shared_task(name="accounts.purge")
def purge() -> None:
    """Forget tokens, one-time codes and sessions whose time is over, and pictures nobody wears."""
    tokens.purge()
    avatars.drop_unworn()
