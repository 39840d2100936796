"""What happens to comments, as the outbox tells it."""

from dataclasses import dataclass
from uuid import UUID

from outbox.events import Event


@dataclass(frozen=True)
class CommentPosted(Event):
    """A comment was stored, in the state its first screening gave it."""

    comment: UUID
    status: str
    is_reply: bool


@dataclass(frozen=True)
class RevisionSubmitted(Event):
    """A post or an edit passed the phases of the request; the worker's phases come now."""

    revision: UUID


@dataclass(frozen=True)
class CommentMoved(Event):
    """A comment went from one status to another; `change` is its log row."""

    comment: UUID
    change: UUID
    was: str
    now: str
    first_publication: bool
    is_reply: bool = True  # rows recorded before this was told: look
