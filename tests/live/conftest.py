"""A live process as `manage.py up` starts it, on the run's cache, and readers who listen to it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import orjson
import pytest
import redis
from django.conf import settings

from common import changes
from common.changes import Change
from operations.development import PROJECT
from operations.ports import free_port
from operations.processes import dying_with
from tests.install import eventually

Event = tuple[str, dict[str, Any]]
PING: Event = ("ping", {})
#: Whatever is to be told is told within it, on a busy machine too.
PATIENCE_SECONDS = 20


class Reader:
    """One open stream."""

    def __init__(self, port: int, wanted: dict[str, int], **headers: str) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        query = urlencode([("thread", f"{each}:{version}") for each, version in wanted.items()])
        self.connection.request("GET", f"/stream?{query}", headers=headers)
        self.answer: HTTPResponse = self.connection.getresponse()

    def next(self) -> Event | None:
        """The next event that is no ping; None at the stream's end."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (event := self._read()) == PING:
            assert time.monotonic() < deadline, "nothing but pings"
        return event

    def until_ping(self) -> list[Event]:
        """What is said before the next ping."""
        said = []
        while (event := self._read()) != PING:
            assert event, "the stream ended"
            said.append(event)
        return said

    def _read(self) -> Event | None:
        name = ""
        while line := self.answer.readline():
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                return name, orjson.loads(value)
        return None

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


class Live:
    """One live process."""

    def __init__(self, **environ: str) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "config.live", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={**os.environ, **environ},
            preexec_fn=dying_with(os.getpid(), signal.SIGKILL),
        )
        self.readers: list[Reader] = []
        eventually(self.is_ready, within=PATIENCE_SECONDS, what="live is ready")

    def listen(self, wanted: dict[str, int], **headers: str) -> Reader:
        """Somebody who reads these threads at these versions."""
        self.readers.append(Reader(self.port, wanted, **headers))
        return self.readers[-1]

    def ask(self, path: str, method: str = "GET") -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        connection.request(method, path)
        return connection.getresponse()

    def is_ready(self) -> bool:
        try:
            return self.ask("/readyz").status == 200
        except OSError:
            return False

    def forget_readers(self) -> None:
        for reader in self.readers:
            reader.close()
        self.readers.clear()

    def end(self) -> int:
        self.forget_readers()
        self.process.terminate()
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def running(**environ: str) -> Iterator[Live]:
    """A live process of a test's own, in another environment."""
    live = Live(**environ)
    try:
        yield live
    finally:
        live.end()


@pytest.fixture(scope="module")
def process() -> Iterator[Live]:
    with running() as live:
        yield live


@pytest.fixture
def live(process: Live) -> Iterator[Live]:
    """The module's live process, to which nobody listens yet."""
    yield process
    process.forget_readers()


@pytest.fixture
def publish() -> Iterator[Callable[..., None]]:
    """Says that threads changed, as the sender does."""
    prefix = settings.CACHES["default"]["KEY_PREFIX"]
    with redis.Redis.from_url(os.environ["CACHE_URL"]) as server:

        def say(*told: Change) -> None:
            for each in told:
                server.set(changes.key(prefix, each.thread), f"{each.version} {each.comment_count}")
            server.publish(changes.channel(prefix), changes.message(told))

        yield say


@pytest.fixture
def thread() -> str:
    """The id of a thread that nobody knows yet."""
    return str(uuid4())
