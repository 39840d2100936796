"""Which web origins are registered, remembered for a few seconds per process."""

import time

from django.db import OperationalError

from publishers.models import Origin

LONGEST = Origin._meta.get_field("origin").max_length or 0
REMEMBERED_SECONDS = 5.0
MOST_REMEMBERED = 1_000
_remembered: dict[str, tuple[float, bool]] = {}


def is_registered(origin: str) -> bool:
    """Whether any site registered this exact origin. At most one query in five seconds.

    While the database is away, what was known before still stands: who asks is to read our 503.
    """
    if len(origin) > LONGEST:
        return False  # not remembered either: strangers would fill our memory with them
    known = _remembered.get(origin)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    try:
        answer = Origin.objects.filter(origin=origin).exists()
    except OperationalError:
        if known is None:
            raise
        return known[1]
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[origin] = (time.monotonic() + REMEMBERED_SECONDS, answer)
    return answer


def forget_all() -> None:
    """Have this process look every origin up again."""
    _remembered.clear()
