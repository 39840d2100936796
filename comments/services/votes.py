"""Votes: a reader has one on a comment, and may change or take it back."""

from typing import ClassVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from comments.models import Comment, Vote
from comments.services import counting
from common.errors import Refusal


class OwnComment(Refusal):
    code: ClassVar[str] = "own_comment"
    status: ClassVar[int] = 403
    detail = _("You cannot vote on your own comment.")


class NotPublished(Refusal):
    code: ClassVar[str] = "not_published"
    status: ClassVar[int] = 409
    detail = _("You can vote once this comment is published.")


@transaction.atomic
def cast(*, comment: Comment, reader: User, value: int) -> None:
    """Make `value` (1, -1, or 0 for none) the reader's vote. A repeat changes nothing.

    Raises OwnComment, NotPublished. Locks nothing but the reader's own vote.
    """
    if comment.author_id == reader.pk:
        raise OwnComment
    if not comment.is_published:
        raise NotPublished
    fresh = Vote(comment=comment, reader=reader, value=value)
    was = _lock(fresh)
    if was is None and value:
        if _insert(fresh):
            counting.note_vote(comment, was=0, now=value)
            return
        was = _lock(fresh)  # another request of this reader was faster
    if was is None or was.value == value:
        return
    if value:
        Vote.objects.filter(pk=was.pk).update(value=value)
    else:
        was.delete()
    counting.note_vote(comment, was=was.value, now=value)


def _lock(vote: Vote) -> Vote | None:
    rows = Vote.objects.select_for_update().filter(comment=vote.comment_id, reader=vote.reader_id)
    return rows.first()


def _insert(vote: Vote) -> bool:
    """Whether the row is ours: waits for a concurrent insert, then leaves it be."""
    try:
        with transaction.atomic():
            vote.save(force_insert=True)
    except IntegrityError:
        return False
    return True
