"""What the live process hears: a thread changed, it has this version and so many comments now.

The sender (`comments.services.telling`) and the live process (`live.source`) meet in the cache's
server and share the names there. One message carries all that changed at once; the last of each
thread is kept under a key of its own, for who comes later.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson


@dataclass(frozen=True, slots=True)
class Change:
    """Where a thread stands after a change. The greater version is the later one."""

    thread: str
    version: int
    comment_count: int


def channel(prefix: str) -> str:
    """Where changes are published. `prefix`: that of the install's keys."""
    return f"{prefix}live"


def key(prefix: str, thread: str) -> str:
    """Where the last change of a thread is kept, as "version comment_count"."""
    return f"{prefix}live:{thread}"


def message(changes: Iterable[Change]) -> bytes:
    """Changes as one message."""
    return orjson.dumps([(each.thread, each.version, each.comment_count) for each in changes])


def read_message(text: bytes | str) -> list[Change]:
    """The changes of a message. Raises ValueError or TypeError for what is none."""
    return [Change(*each) for each in orjson.loads(text)]


def read_kept(thread: str, text: bytes | str | None) -> Change | None:
    """The change that a key holds; None for nothing."""
    if not text:
        return None
    version, comment_count = map(int, text.split())
    return Change(thread, version, comment_count)
