"""What happens to comments, as the outbox tells it."""

from dataclasses import dataclass

from outbox.events import Event


@dataclass(frozen=True)
class CommentPosted(Event):
    """A comment was stored, in the state its first screening gave it."""

    comment: str
    status: str
    is_reply: bool


@dataclass(frozen=True)
class RevisionSubmitted(Event):
    """A post or an edit passed the phases of the request; the worker's phases come now."""

    revision: str


@dataclass(frozen=True)
class CommentMoved(Event):
    """A comment went from one status to another; `change` is its log row."""

    comment: str
    change: str
    was: str
    now: str
    first_publication: bool
