"""Cases: opened when a comment waits or is reported, closed by a decision or when it goes."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from comments.models import Comment
from common import clock
from moderation.models import Case


@transaction.atomic
def open_for(comment: Comment) -> Case:
    """The comment's open case, made if there is none. Two queries; its thread is loaded.

    Locks the case: who is deciding it goes first, and what comes after needs a new one.
    """
    case, _ = Case.objects.select_for_update(no_key=True).get_or_create(
        comment=comment, closed_at=None, defaults={"site_id": comment.thread.site_id}
    )
    return case


def close_for(comment_id: UUID) -> None:
    """Close a comment's case without a decision: there is nothing left to decide."""
    Case.objects.open().filter(comment=comment_id).update(closed_at=clock.now())


def open_for_arrivals(*, site_id: UUID, comment_ids: Sequence[UUID]) -> None:
    """Cases for comments that were stored as held, of which nobody was told: those that come from
    elsewhere. One insert.
    """
    Case.objects.bulk_create(
        Case(site_id=site_id, comment_id=comment_id) for comment_id in comment_ids
    )
