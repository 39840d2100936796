"""`manage.py up` itself: real processes over the run's servers, on a database of their own."""

import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import psutil
import psycopg
import pytest

from operations.development import PROJECT
from operations.processes import ended
from tests import servers

NAMES = ["beat", "web", "worker", "worker-network", "worker-screening"]


class Running:
    """One `manage.py up`; `said` gathers its lines."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ
        self.said: list[str] = []
        self.process = start(environ)
        self.listener = threading.Thread(target=self._listen)
        self.listener.start()

    def _listen(self) -> None:
        assert self.process.stdout
        self.said.extend(iter(self.process.stdout.readline, ""))

    def wait_for(self, pattern: str, *, within: float = 60) -> str:
        """Give the first line that matches; what was said before counts too."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            for line in self.said:
                if re.search(pattern, line):
                    return line
            time.sleep(0.05)
        raise AssertionError(f"no {pattern!r} in:\n{''.join(self.said)}")

    def end(self) -> None:
        """Kill it, if it still runs."""
        self.process.kill()
        self.process.wait()
        self.listener.join()
        assert self.process.stdout
        self.process.stdout.close()

    def offspring(self) -> list[psutil.Process]:
        """Give all processes that came from it."""
        return psutil.Process(self.process.pid).children(recursive=True)


def start(environ: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "up", "--workers=1", "--threads=2"],
        cwd=PROJECT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def environ(var: Path) -> Iterator[dict[str, str]]:
    """An install beside the tests' own: database, state folder, port. Its demo is seeded."""
    url = urlsplit(os.environ["DATABASE_URL"])
    name = f"up_{servers.WORKER or 'run'}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
        (var / "demo.json").write_text(json.dumps({"article": {"editions": []}}))
        yield os.environ | {
            "COLLOQUY_VAR": str(var),
            "COLLOQUY_KEY_PREFIX": f"{name}:",
            "DATABASE_URL": url._replace(path=f"/{name}").geturl(),
            "PORT": str(free_port()),
        }
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def up(environ: dict[str, str]) -> Iterator[Running]:
    running = Running(environ)
    try:
        running.wait_for("Ready after")
        yield running
    finally:
        running.end()


def test_it_says_where_to_look_restarts_what_dies_and_ends_on_request(up):
    with urlopen(f"http://localhost:{up.environ['PORT']}/readyz") as answer:
        assert answer.status == 200
    up.wait_for(rf"Front page +http://127.0.0.1:{up.environ['PORT']}/")

    screening = next(one for one in up.offspring() if "screening" in " ".join(one.cmdline()))
    screening.kill()
    up.wait_for("worker-screening was killed by SIGKILL; starting it again in 1 s", within=5)
    del up.said[:]
    up.wait_for("worker-screening .*ready", within=30)

    everyone = up.offspring()
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(timeout=30) == 0
    up.wait_for("Everything has stopped")
    assert all(ended(process, within=1) for process in everyone)


def test_nothing_outlives_it_when_it_is_killed(up):
    everyone = up.offspring()
    assert len(everyone) > len(NAMES)  # children of children too

    up.process.kill()

    assert all(ended(process, within=5) for process in everyone)


def test_a_second_one_in_the_same_folder_is_refused_in_one_sentence(environ):
    folder = environ["COLLOQUY_VAR"]
    with Path(folder, "up.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        said, code = refusal(environ)

    assert (said, code) == (f"CommandError: Colloquy is already running from {folder}.\n", 1)


def test_a_port_in_use_is_one_sentence(environ):
    port = int(environ["PORT"])
    with socket.create_server(("127.0.0.1", port)):
        said, code = refusal(environ)

    hint = f"Choose another, as in: PORT={port + 10} make run"
    assert (said, code) == (f"CommandError: Port {port} is in use. {hint}\n", 1)


def refusal(environ: dict[str, str]) -> tuple[str, int]:
    """Start one that ends by itself; give what it said and its exit code."""
    process = start(environ)
    said, _ = process.communicate(timeout=30)
    return said, process.returncode
