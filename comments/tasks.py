"""The comments' Celery tasks."""

from celery import shared_task

from comments.services import counting


@shared_task(name="comments.fold_counts", expires=10)
def fold_counts() -> None:
    """Bring the cached counts up to date."""
    while counting.fold() == counting.FOLDED_AT_ONCE:
        pass
