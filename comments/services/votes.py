"""Votes: a reader has one on a comment, and may change or take it back.

A trigger of the database writes the tallies, so that counts follow whoever writes votes.
"""

from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from comments.services import counting
from comments.states import Status
from common import clock
from common.errors import Refusal
from common.inserting import execute


class OwnComment(Refusal):
    code: ClassVar[str] = "own_comment"
    status: ClassVar[int] = 403
    detail = _("You cannot vote on your own comment, or react to it.")


#: Looks at the comment, writes where the reader may vote or react, and tells what it saw.
ON_COMMENT = """
    WITH target AS (
        SELECT comment.id, author_id, comment.status, site_id
        FROM comments_comment AS comment JOIN comments_thread AS thread ON thread.id = thread_id
        WHERE comment.id = %s AND thread_id = %s AND state <> 'off'
    ), reader AS (
        SELECT target.id AS comment_id, %s::uuid AS id FROM target
        WHERE status = 'published' AND author_id <> %s AND coalesce(%s, site_id) = site_id
    ), written AS ({write})
    SELECT author_id, status, site_id FROM target
"""
CAST = ON_COMMENT.format(
    write="""
        INSERT INTO comments_vote AS held (comment_id, reader_id, value, created_at)
        SELECT comment_id, id, %s, %s FROM reader
        ON CONFLICT (reader_id, comment_id) DO UPDATE SET value = EXCLUDED.value
        WHERE held.value <> EXCLUDED.value
    """
)
TAKE_BACK = ON_COMMENT.format(
    write="""
        DELETE FROM comments_vote USING reader
        WHERE comments_vote.comment_id = reader.comment_id AND reader_id = reader.id
    """
)


def cast(
    *, thread_id: UUID, comment_id: UUID, reader: User, value: int, site_id: UUID | None = None
) -> None:
    """Make `value` (1, -1, or 0 for none) the reader's vote. A repeat changes nothing.

    `site_id`: the one site where `reader` may act, if it is one only. Raises Http404 for what is
    not public or elsewhere, OwnComment. One statement; it locks the reader's own vote alone.
    """
    place = Place(thread_id, comment_id, reader.pk, site_id)
    if value:
        write(CAST, place, value, clock.now())
    else:
        write(TAKE_BACK, place)


class Place(NamedTuple):
    """Who votes or reacts where; `site_id` as for `cast`."""

    thread_id: UUID
    comment_id: UUID
    reader_id: UUID
    site_id: UUID | None


def write(statement: str, place: Place, *values: Any) -> None:
    """Run a statement of ON_COMMENT. Raises Http404, OwnComment."""
    thread_id, comment_id, reader_id, site_id = place
    seen = execute(statement, [comment_id, thread_id, reader_id, reader_id, site_id, *values])
    if seen is None:
        raise Http404
    author_id, status, comments_site = seen
    is_own = author_id == reader_id
    if site_id not in (None, comments_site) or (status != Status.PUBLISHED and not is_own):
        raise Http404
    if is_own:
        raise OwnComment
    counting.fold_soon()
