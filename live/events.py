"""What streams carry, as bytes: server-sent events."""

import orjson

from common.changes import Change

PING = b"event: ping\ndata: {}\n\n"


def changed(change: Change) -> bytes:
    """A thread changed: its version and how many comments it has now."""
    told = {
        "thread": change.thread,
        "version": change.version,
        "comment_count": change.comment_count,
    }
    return b"event: changed\ndata: %b\n\n" % orjson.dumps(told)


def ask(thread: str) -> bytes:
    """Whether a thread changed is not known here: the API knows."""
    return b"event: ask\ndata: %b\n\n" % orjson.dumps({"thread": thread})


def retry(milliseconds: int) -> bytes:
    """How long a browser waits before it connects again."""
    return b"retry: %d\n\n" % milliseconds
