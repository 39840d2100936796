"""Looking at things that may not answer, without waiting for them."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

Seen = TypeVar("Seen")


class Look(Generic[Seen]):
    """A look at one thing, in a thread of its own: one at a time, its result kept for a while.

    Where the thing hangs its thread hangs, alone, until the thing answers or its time-outs end it;
    whoever asks meanwhile starts no second.
    """

    def __init__(self, look: Callable[[], Seen], *, kept_seconds: float) -> None:
        self.look = look
        self.kept_seconds = kept_seconds
        self.lock = threading.Lock()
        self.under_way: Future[Seen] | None = None
        self.ended_at = 0.0

    def begin(self) -> Future[Seen]:
        """The look under way, one that has just ended, or a new one."""
        with self.lock:
            fresh = time.monotonic() < self.ended_at + self.kept_seconds
            if self.under_way is None or (self.under_way.done() and not fresh):
                self.under_way = Future()
                threading.Thread(
                    target=self._run, args=[self.under_way], name="look", daemon=True
                ).start()
            return self.under_way

    def _run(self, seen: Future[Seen]) -> None:
        try:
            result = self.look()
        except BaseException as fault:
            self.ended_at = time.monotonic()
            seen.set_exception(fault)
        else:
            self.ended_at = time.monotonic()
            seen.set_result(result)


def look_at_all(looks: Mapping[str, Look[Seen]], *, within: float) -> dict[str, Future[Seen]]:
    """Begin all looks, and wait up to `within` seconds for those that are not done."""
    begun = {name: look.begin() for name, look in looks.items()}
    wait(begun.values(), timeout=within)
    return begun
