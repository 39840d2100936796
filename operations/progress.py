"""How far a long command is: a bar on a terminal, a line now and then elsewhere. On stderr, so
that stdout holds the result alone.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.progress import TimeRemainingColumn as Remaining

LINE_EVERY_SECONDS = 10.0


class Meter(Protocol):
    """What a command tells while it works."""

    def begin(self, what: str, total: int) -> None:
        """A new stretch of `total` units."""

    def reach(self, done: int) -> None:
        """So many units of the stretch are done."""


@contextmanager
def meter() -> Iterator[Meter]:
    """A meter for this block."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    columns = TextColumn("{task.description:>10}"), BarColumn(), TaskProgressColumn(), Remaining()
    with Progress(*columns, console=Console(stderr=True)) as bars:
        yield _Bars(bars)


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self.current: TaskID | None = None

    def begin(self, what: str, total: int) -> None:
        self.current = self.bars.add_task(what, total=total)

    def reach(self, done: int) -> None:
        if self.current is not None:
            self.bars.update(self.current, completed=done)


class _Lines:
    def __init__(self) -> None:
        self.what, self.total = "", 0
        self.said_at = time.monotonic()

    def begin(self, what: str, total: int) -> None:
        self.what, self.total = what, total

    def reach(self, done: int) -> None:
        if time.monotonic() - self.said_at >= LINE_EVERY_SECONDS:
            self.said_at = time.monotonic()
            share = 100 * done // max(self.total, 1)
            sys.stderr.write(f"{self.what}: {share} %\n")
            sys.stderr.flush()
