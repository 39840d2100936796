"""A circuit breaker for each destination: who fails again and again is left alone for a while.

Its state stands in the cache, so that all processes know it; while the cache is away, each
process keeps its own.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from math import ceil
from typing import ClassVar, TypeVar
from urllib.parse import urlsplit

from django.core.cache import BaseCache, cache
from django.core.cache.backends.locmem import LocMemCache

from common.cache import CacheAway
from common.metrics import OUTBOUND
from common.outbound import OutboundFault

log = logging.getLogger(__name__)

#: So many failures in a row open it.
OPENS_AFTER = 5
#: Then nobody calls for so many seconds, half as many more after each probe that failed.
FIRST_PAUSE = 30.0
LONGEST_PAUSE = 45.0
#: A probe that says nothing for so long is given up: its process died.
PROBE_SECONDS = 10
KEPT_SECONDS = 3_600
_own: BaseCache = LocMemCache("breaker", {})

T = TypeVar("T")


class CircuitOpen(OutboundFault):
    """The destination failed too often; nobody calls it for `retry_after` seconds."""

    code: ClassVar[str] = "circuit_open"


@contextmanager
def guarded(url: str) -> Iterator[None]:
    """Call the origin of `url` within this block, unless it has failed too often.

    An OutboundFault that leaves the block is a failure. After `OPENS_AFTER` in a row the circuit
    is open: entering raises CircuitOpen, which is no failure. When the pause is over, one caller
    is let through; what becomes of its call closes or opens the circuit for all. Two round trips
    to the cache for a call that succeeds.
    """
    destination = _Destination(url)
    wait = _ask(destination.seconds_to_wait)
    if wait:
        OUTBOUND.labels("spared").inc()
        raise CircuitOpen(f"{destination.host} failed too often", retry_after=ceil(wait))
    try:
        yield
    except OutboundFault:
        OUTBOUND.labels("failed").inc()
        _ask(destination.note_failure)
        raise
    OUTBOUND.labels("answered").inc()
    _ask(destination.note_success)


def is_open(url: str) -> bool:
    """Whether the origin of `url` failed too often to be called now. One way to the cache."""
    until = _Destination(url).until
    return _ask(lambda store: float(store.get(until, 0.0))) > time.time()


class _Destination:
    """What is known of an origin: how often it failed in a row, until when nobody calls."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}".lower()
        name = sha256(origin.encode()).hexdigest()[:32]
        self.host = parts.hostname
        self.failures = f"breaker:{name}:failures"
        self.until = f"breaker:{name}:until"
        self.probe = f"breaker:{name}:probe"

    def seconds_to_wait(self, store: BaseCache) -> float:
        """0: call now. Who is told so after a pause is the only one."""
        until = store.get(self.until)
        if until is None:
            return 0.0
        left: float = until - time.time()
        if left > 0:
            return left
        return 0.0 if store.add(self.probe, 1, PROBE_SECONDS) else 1.0

    def note_failure(self, store: BaseCache) -> None:
        """Count it, unless it was on its way when others opened the circuit."""
        if store.get(self.until, 0.0) > time.time():
            return
        store.add(self.failures, 0, KEPT_SECONDS)
        count = store.incr(self.failures)
        store.touch(self.failures, KEPT_SECONDS)
        if count < OPENS_AFTER:
            return
        pause = min(FIRST_PAUSE * 1.5 ** (count - OPENS_AFTER), LONGEST_PAUSE)
        store.set(self.until, time.time() + pause, KEPT_SECONDS)
        store.delete(self.probe)
        log.warning("%s failed %s times; nobody calls for %.0f s.", self.host, count, pause)

    def note_success(self, store: BaseCache) -> None:
        store.delete_many([self.failures, self.until, self.probe])


def _ask(question: Callable[[BaseCache], T]) -> T:
    """Put a question to the shared state, or to this process's own while the cache is away."""
    try:
        return question(cache)
    except (CacheAway, ValueError):  # ValueError: a count was evicted between two steps
        return question(_own)
