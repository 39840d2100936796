"""Not everybody waits for what does not answer."""

import time


class Circuit:
    """Open for some seconds after what it guards failed: until then nobody else need try it.

    One for a process and a dependency. Threads share it without a lock: should two trip it at
    once, the later moment stands, which is as good.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._open_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether to give up at once."""
        return time.monotonic() < self._open_until

    def trip(self) -> None:
        """It failed just now."""
        self._open_until = time.monotonic() + self.seconds

    def close(self) -> None:
        """Try again with the next call."""
        self._open_until = 0.0
