"""The one clock. Everything asks here what time it is, so that it can be stood still."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

_standing: ContextVar[datetime | None] = ContextVar("standing", default=None)


def now() -> datetime:
    """The present moment, aware, UTC."""
    return _standing.get() or timezone.now()


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Within this block it is `moment`: for what is told after the fact, as the demo's talk."""
    token = _standing.set(moment)
    try:
        yield
    finally:
        _standing.reset(token)
