"""Who looks on while an install is upgraded: readers, a listener, and one who counts the locks."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from random import Random
from typing import Any

import psycopg

from tests.faults.load import Attempt, Dropped, Line, Refused, spread

LOOKED_EVERY_SECONDS = 0.02
READ_SLOWLY_SECONDS = 20
#: Modes that keep others from writing a table, or from reading it.
LOCKS_OUT = (*("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"),)
LOCKS = """
    SELECT pid, mode, coalesce(relation::regclass::text, locktype), granted,
        coalesce(extract(epoch FROM clock_timestamp() - waitstart), 0)::float8
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND (
        NOT granted AND locktype IN ('relation', 'tuple', 'transactionid')
        OR granted AND locktype = 'relation' AND mode = ANY(%s)
            AND relation::regclass::text LIKE 'comments\\_%%'
    )
"""


@dataclass
class Locks:
    """The longest that anybody waited for a row or a table, and the longest that a table of
    comments was closed to writers or readers, in seconds.
    """

    database: str
    waited: float = 0.0
    held: float = 0.0
    said: Counter[str] = field(default_factory=Counter)

    def look(self, goes_on: Callable[[], bool]) -> None:
        since: dict[tuple[Any, ...], float] = {}
        with psycopg.connect(self.database, autocommit=True) as connection:
            while goes_on():
                rows = connection.execute(LOCKS, [list(LOCKS_OUT)]).fetchall()
                now = time.monotonic()
                seen = {row[:3] for row in rows if row[3]}
                since = {key: since.get(key, now) for key in seen}
                for pid, mode, what, granted, seconds in rows:
                    if granted:
                        seconds = now - since[pid, mode, what]
                        self.held = max(self.held, seconds)
                    else:
                        self.waited = max(self.waited, seconds)
                    if seconds > 0.5:
                        self.said[f"{mode} {'on' if granted else 'for'} {what}"] += 1
                time.sleep(LOOKED_EVERY_SECONDS)


@dataclass
class Listener:
    """One reader at the live streams, who connects again as soon as a stream ends."""

    port: int
    thread: str
    opened: int = 0
    changes: int = 0
    failed: list[str] = field(default_factory=list)

    def listen(self, goes_on: Callable[[], bool]) -> None:
        while goes_on():
            line = HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                line.request("GET", f"/stream?thread={self.thread}:0")
                answer = line.getresponse()
                assert answer.status == 200, answer.status
                self.opened += 1
                while goes_on() and (said := answer.readline()):
                    self.changes += said == b"event: changed\n"
            except (AssertionError, OSError, HTTPException) as fault:
                self.failed.append(repr(fault))
            finally:
                line.close()


def read_slowly(database: str, goes_on: Callable[[], bool]) -> None:
    """Somebody reads comments for a while, as a backup does: no table can be had meanwhile."""
    until = time.monotonic() + READ_SLOWLY_SECONDS
    with psycopg.connect(database) as reader:
        reader.execute("SELECT FROM comments_comment LIMIT 1")
        while goes_on() and time.monotonic() < until:
            time.sleep(0.1)


@contextmanager
def looking_on(*looks: Callable[[Callable[[], bool]], None]) -> Iterator[None]:
    """Run each look in a thread of its own as long as the block lasts."""
    over = threading.Event()
    threads = [
        threading.Thread(target=look, args=[lambda: not over.is_set()], daemon=True)
        for look in looks
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(timeout=30)


@contextmanager
def reading(
    port: int, paths: Sequence[str], chance: Random, *, per_second: float, kept: bool
) -> Iterator[list[Attempt]]:
    """Ask for one of `paths` after the other as long as the block lasts. Gives what came of it."""
    over, began, found = threading.Event(), time.monotonic(), list[Attempt]()

    def numbers() -> Iterator[int]:
        for number in count():
            if over.is_set():
                return
            yield number

    def ask(line: Line, number: int) -> None:
        time.sleep(max(0.0, began + number / per_second - time.monotonic()))
        since = time.monotonic()
        try:
            outcome = str(line.send("GET", chance.choice(paths), "").status)
        except (Dropped, Refused) as fault:
            outcome = f"{type(fault).__name__}: {fault}"
        found.append(Attempt(since, time.monotonic() - since, outcome))

    with spread(port, numbers(), ask, kept=kept):
        try:
            yield found
        finally:
            over.set()
