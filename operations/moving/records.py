"""What every export comes down to, whatever system wrote it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from comments.states import Status
from common import clock

#: What nobody says in a comment, and what would take the parsers long.
LONGEST_RECORD = 10_000_000
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
#: Clocks of two systems differ.
AHEAD = timedelta(days=1)


class BadExport(ValueError):
    """This file cannot be read; says why in one sentence."""


class BadTime(ValueError):
    """This is no moment at which anybody can have written a comment."""


class Markup(StrEnum):
    """How a system stores its texts."""

    HTML = "html"
    #: Some HTML, in which line ends and empty lines are meant as such.
    LINES = "lines"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class Page:
    """What was commented on: its addresses, the best first, and the publisher's own id for it."""

    key: str
    urls: tuple[str, ...]
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Who commented. `email` goes no further than its digest."""

    key: str
    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment. `page`, `parent` and `author` are keys that come earlier or later in the stream;
    of a withdrawn one neither text nor author is looked at.
    """

    key: str
    page: str
    parent: str | None
    author: str
    text: str
    markup: Markup
    created_at: datetime
    edited_at: datetime | None = None
    status: Status = Status.PUBLISHED
    reason: str = ""
    up_count: int = 0
    down_count: int = 0


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is no comment, or one we cannot take: `why`, in words."""

    key: str
    why: str


@dataclass(frozen=True, slots=True)
class Mended:
    """A fault of the file that was read over."""

    key: str
    why: str


Record = Page | Person | Remark | Skipped | Mended

NO_TIME = "its time cannot be read"


def moment(text: str | float | int | None) -> datetime:
    """A time as exports have it: RFC 3339 in many spellings, or seconds since 1970; without a
    zone, UTC. Raises BadTime.
    """
    try:
        if isinstance(text, int | float):
            found = datetime.fromtimestamp(text, UTC)
        else:
            found = datetime.fromisoformat((text or "").strip())
            found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as fault:
        raise BadTime(NO_TIME) from fault
    if not EARLIEST <= found <= clock.now() + AHEAD:
        raise BadTime(NO_TIME)
    return found


def moment_or_none(text: str | float | int | None) -> datetime | None:
    """The same where there need be none."""
    try:
        return moment(text)
    except BadTime:
        return None
