"""What was answered a moment ago, kept for a second (or less, where the answer says so).

However many ask for the same: one of them has it rendered and all get that answer. When its second
is over one of them asks whether it is still current, which costs less than rendering. Nobody gets
what is older than a second, and no process has to tell another that something changed.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

#: Counted from before it is read what the answer says.
FRESH_SECONDS = 1.0
#: A version does not move for a changed name or picture: what is current is rendered anew so often.
KEPT_SECONDS = 5.0
#: Whoever waits for another's rendering for so long renders for themselves.
MOST_WAIT_SECONDS = 10.0


class Answer(Protocol):
    """What is kept."""

    #: What `is_current` is asked about; "" where nothing tells but rendering.
    @property
    def stamp(self) -> str: ...

    #: For how long it may be given again without a look.
    @property
    def fresh_seconds(self) -> float: ...

    #: Whether others may have it later: no fault of the moment.
    @property
    def is_lasting(self) -> bool: ...

    #: In memory, in bytes.
    @property
    def size(self) -> int: ...


Some = TypeVar("Some", bound=Answer)


@dataclass(slots=True)
class _Kept(Generic[Some]):
    answer: Some
    rendered_at: float
    fresh_until: float
    size: int


@dataclass(slots=True)
class _Flight(Generic[Some]):
    """A rendering that is under way, for who waits."""

    began: float
    landed: threading.Event = field(default_factory=threading.Event)
    answer: Some | None = None


class Microcache(Generic[Some]):
    """Answers by key, bounded in bytes; what was not asked for longest (to a second) goes first.

    `is_current(stamp)`: whether what a stamp stands for is as it was. Safe between threads.
    """

    def __init__(self, is_current: Callable[[str], bool], *, most_bytes: int) -> None:
        self._is_current = is_current
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[str, _Kept[Some]] = OrderedDict()
        self._flights: dict[str, _Flight[Some]] = {}
        self._lock = threading.Lock()

    def fresh(self, key: str) -> Some | None:
        """The answer, if it is less than a second old. Takes no lock."""
        kept = self._kept.get(key)
        return None if kept is None or kept.fresh_until <= time.monotonic() else kept.answer

    def get(self, key: str, render: Callable[[], Some]) -> Some:
        """The answer, less than a second old, by `render` if need be. Raises what that does."""
        now = time.monotonic()
        with self._lock:
            flight = self._flights.get(key)
            # Who comes later than that must not be told what was read when it began.
            joins = flight is not None and now < flight.began + FRESH_SECONDS
            if flight is None or not joins:
                flight = self._flights[key] = _Flight(now)
        if joins:
            flight.landed.wait(MOST_WAIT_SECONDS)
            return render() if flight.answer is None else flight.answer
        try:
            flight.answer = self._bring(key, render, now)
            return flight.answer
        finally:
            flight.landed.set()
            with self._lock:
                if self._flights.get(key) is flight:
                    del self._flights[key]

    def _bring(self, key: str, render: Callable[[], Some], now: float) -> Some:
        kept = self._kept.get(key)
        if kept is not None:
            if now < kept.fresh_until:  # another brought it while we came
                return kept.answer
            is_young = now < kept.rendered_at + KEPT_SECONDS
            if is_young and kept.answer.stamp and self._is_still(kept.answer.stamp):
                kept.fresh_until = now + kept.answer.fresh_seconds
                with self._lock:
                    if key in self._kept:
                        self._kept.move_to_end(key)
                return kept.answer
        answer = render()
        self._keep(key, answer, now)
        return answer

    def _is_still(self, stamp: str) -> bool:
        try:
            return self._is_current(stamp)
        except Exception:  # whatever is wrong, rendering will say it as all else does
            return False

    def _keep(self, key: str, answer: Some, now: float) -> None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept.rendered_at > now:
                return  # a later one was quicker
            if kept is not None:
                self._bytes -= self._kept.pop(key).size
            if not answer.is_lasting:
                return
            size = answer.size + len(key)
            self._kept[key] = _Kept(answer, now, now + answer.fresh_seconds, size)
            self._bytes += size
            while self._bytes > self._most_bytes:
                _oldest, dropped = self._kept.popitem(last=False)
                self._bytes -= dropped.size
