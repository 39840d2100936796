"""Reactions: a reader has one of each kind on a comment, and may take it back.

The site says which kinds there are; what it no longer offers can still be taken back. Counted as
votes are: a trigger of the database writes the tallies.
"""

from typing import ClassVar
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from comments.selectors import thread_to_write_in
from comments.services.votes import ON_COMMENT, Place, write
from common import clock
from common.errors import Refusal


class UnknownReaction(Refusal):
    code: ClassVar[str] = "unknown_reaction"
    status: ClassVar[int] = 404
    detail = _("This reaction is not offered here.")


REACT = ON_COMMENT.format(
    write="""
        INSERT INTO comments_reaction (comment_id, reader_id, kind, created_at)
        SELECT comment_id, id, %s, %s FROM reader ON CONFLICT DO NOTHING
    """
)
TAKE_BACK = ON_COMMENT.format(
    write="""
        DELETE FROM comments_reaction USING reader
        WHERE comments_reaction.comment_id = reader.comment_id AND reader_id = reader.id
            AND kind = %s
    """
)


def react(
    *, thread_id: UUID, comment_id: UUID, reader: User, kind: str, site_id: UUID | None = None
) -> None:
    """Have the reader react so. A repeat changes nothing.

    `site_id`: as for `votes.cast`. Raises Http404 for what is not public or elsewhere,
    UnknownReaction, OwnComment. One statement; one query more in `thread_to_write_in`'s time.
    """
    site = thread_to_write_in(thread_id).site
    if site_id not in (None, site.pk):
        raise Http404
    if kind not in {each["kind"] for each in site.reactions}:
        raise UnknownReaction
    write(REACT, Place(thread_id, comment_id, reader.pk, site_id), kind, clock.now())


def take_back(
    *, thread_id: UUID, comment_id: UUID, reader: User, kind: str, site_id: UUID | None = None
) -> None:
    """Have the reader react so no longer; where they did not, nothing changes. Raises Http404,
    OwnComment. One statement.
    """
    write(TAKE_BACK, Place(thread_id, comment_id, reader.pk, site_id), kind)
