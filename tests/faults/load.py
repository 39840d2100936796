"""Readers who write under load: each thought under one key, sent again until it is answered."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import islice
from random import Random
from typing import Any, Self, TypeVar

from tests.clients import Answer
from tests.install import eventually

TIMEOUT_SECONDS = 30
AT_ONCE = 8
#: Sent again after one of these: the server was on its way down, or at the same already.
PASSING = (409, 500, 502, 503, 504)
PAUSE_SECONDS = 0.1
WORDS = (
    *("last", "train", "bridge", "harbour", "council", "paper", "morning", "cost", "neighbour"),
    *("street", "library", "winter", "market", "story", "question", "answer", "garden", "night"),
)

Item = TypeVar("Item")


class Refused(Exception):
    """Nobody listened: the request was never sent."""


class Dropped(Exception):
    """The request was sent, and no whole answer came."""


class Line:
    """A way to a server: one connection, kept for as long as it works (or never: not `kept`)."""

    def __init__(self, port: int, *, kept: bool = True) -> None:
        self.kept = kept
        self.server = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.server.close()

    def send(
        self, method: str, path: str, token: str, body: Any = None, key: str | None = None
    ) -> Answer:
        """Ask once, below `/api/v1/`. Raises Refused or Dropped."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        self._connect()
        try:
            text = None if body is None else json.dumps(body).encode()
            self.server.request(method, f"/api/v1/{path}", text, headers)
            answer = self.server.getresponse()
            found = Answer(answer.status, answer.headers, answer.read())
        except (OSError, HTTPException) as fault:
            self.server.close()
            raise Dropped(repr(fault)) from fault
        if not self.kept:
            self.server.close()
        return found

    def _connect(self) -> None:
        if self.server.sock is None:
            try:
                self.server.connect()
            except OSError as fault:
                self.server.close()
                raise Refused(repr(fault)) from fault


@dataclass(frozen=True)
class Thought:
    """What a reader is about to say, by a token, to everybody or to somebody."""

    key: str
    token: str
    text: str
    parent: str | None = None

    def post(self, line: Line, thread: str, *, with_key: bool = True) -> Answer:
        """Say it once. Raises Refused or Dropped."""
        body = {"body": self.text} | ({"parent": self.parent} if self.parent else {})
        key = self.key if with_key else None
        return line.send("POST", f"threads/{thread}/comments", self.token, body, key)


@dataclass(frozen=True)
class Attempt:
    """One sending: when it began, how long it took, and the status or how it failed."""

    at: float
    seconds: float
    outcome: str


@dataclass
class Load:
    """Thoughts sent to a thread by some readers at once, at a pace if one is given."""

    port: int
    thread: str
    thoughts: Sequence[Thought]
    per_second: float | None = None
    #: The comment's id by the thought's key.
    acknowledged: dict[str, str] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    goes_on: bool = True
    last_answer: float = 0.0

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Send beside what the caller does; at the end wait for the last answer."""
        began = time.monotonic()

        def send(line: Line, numbered: tuple[int, Thought]) -> None:
            number, thought = numbered
            if self.per_second and self.goes_on:
                time.sleep(max(0.0, began + number / self.per_second - time.monotonic()))
            self._send(line, thought)

        with spread(self.port, enumerate(self.thoughts), send):
            try:
                yield
            except BaseException:
                self.goes_on = False
                raise

    def wait_for(self, count: int) -> None:
        """Until so many are answered."""
        eventually(lambda: len(self.acknowledged) >= count, within=300, what=f"{count} answers")

    def outcomes(self, *, since: float = 0.0, until: float = float("inf")) -> Counter[str]:
        """How the attempts of a time ended."""
        return Counter(each.outcome for each in self.attempts if since <= each.at < until)

    def _send(self, line: Line, thought: Thought) -> None:
        while self.goes_on:
            answer = self._try(line, thought)
            if answer and answer.status == 201:
                self.last_answer = time.monotonic()
                self.acknowledged[thought.key] = answer.json["id"]
                return
            assert answer is None or answer.status in PASSING, (answer.status, answer.raw)
            time.sleep(PAUSE_SECONDS)

    def _try(self, line: Line, thought: Thought) -> Answer | None:
        began = time.monotonic()
        answer = None
        try:
            answer = thought.post(line, self.thread)
            outcome = str(answer.status)
        except Dropped as fault:
            outcome = f"dropped: {fault}"
        except Refused:
            outcome = "refused"
        self.attempts.append(Attempt(began, time.monotonic() - began, outcome))
        return answer


@contextmanager
def spread(
    port: int,
    items: Iterable[Item],
    do: Callable[[Line, Item], object],
    *,
    at_once: int = AT_ONCE,
    kept: bool = True,
) -> Iterator[None]:
    """Do something with each item beside what the caller does, `at_once` at a time, each on a
    line of its own; at the end wait for the last. What one raises is raised there.
    """
    left, taking = iter(items), threading.Lock()

    def take() -> list[Item]:
        with taking:
            return list(islice(left, 1))

    def work() -> None:
        with Line(port, kept=kept) as line:
            while item := take():
                do(line, *item)

    with ThreadPoolExecutor(at_once) as pool:
        workers = [pool.submit(work) for _ in range(at_once)]
        yield
        for worker in workers:
            worker.result()


def think(
    chance: Random, tokens: Sequence[str], parents: Sequence[str], count: int
) -> list[Thought]:
    """So many thoughts, no two alike; of three one answers somebody, where `parents` are given."""

    def one(number: int) -> Thought:
        key = f"{chance.getrandbits(128):032x}"
        words = " ".join(chance.choices(WORDS, k=12))
        parent = chance.choice(parents) if parents and number % 3 == 0 else None
        return Thought(key, tokens[number % len(tokens)], f"{key} {words}", parent)

    return [one(number) for number in range(count)]


def slowest(seconds: Sequence[float], share: float) -> float:
    """The time within which `share` of them ended."""
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * share))]
