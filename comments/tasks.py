"""The comments' Celery tasks."""

from datetime import timedelta

from celery import shared_task

from comments.models import RecentPost
from comments.services import counting, telling
from common import clock

#: Longer than the same text counts as a repeat, and longer than two machines' clocks differ.
KEPT_POSTS = timedelta(minutes=1)
FORGOTTEN_AT_ONCE = 5_000


@shared_task(name="comments.fold_counts", expires=10)
def fold_counts() -> None:
    """Bring the cached counts up to date, and tell who listens."""
    while counting.fold() == counting.FOLDED_AT_ONCE:
        pass
    telling.tell()  # what could not be told before


@shared_task(name="comments.forget_posts")
def forget_posts() -> None:
    """Drop what a new post is no longer compared with, some at a time."""
    old = RecentPost.objects.filter(posted_at__lt=clock.now() - KEPT_POSTS)
    while some := list(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE]):
        old.filter(pk__in=some).delete()  # not the one that was posted again meanwhile
