"""Asking for one address: as fast as it is answered, or once."""

import re
import resource
import shutil
import subprocess
import time
from dataclasses import dataclass
from itertools import repeat
from urllib.parse import urlsplit

from bench import load
from bench.figures import percentile

CONNECTIONS = 16
BY = "wrk" if shutil.which("wrk") else "a load of ours in Python, far slower than wrk"


@dataclass(frozen=True)
class Read:
    """What came of reading one address again and again."""

    rate: float
    p50_ms: float
    p99_ms: float
    answers: int
    faults: int


def read(url: str, *, coding: str = "", seconds: float) -> Read:
    """Ask for the same over `CONNECTIONS` connections: by wrk, or else by a load of ours that is
    a tenth as quick and so says little of what a server can do.
    """
    if not shutil.which("wrk"):
        return _read_ourselves(url, coding, seconds)
    command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds:g}s", "--latency"]
    if coding:
        command += ["-H", f"Accept-Encoding: {coding}"]
    said = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    faults = sum(map(int, re.findall(r"Non-2xx[^:]*: (\d+)", said)))
    errors = re.search(r"Socket errors: (.*)", said)
    faults += sum(map(int, re.findall(r"\d+", errors[1]))) if errors else 0
    return Read(
        rate=float(re.findall(r"Requests/sec:\s+([\d.]+)", said)[0]),
        p50_ms=_milliseconds(said, "50%"),
        p99_ms=_milliseconds(said, "99%"),
        answers=int(re.findall(r"(\d+) requests in", said)[0]),
        faults=faults,
    )


def _milliseconds(said: str, share: str) -> float:
    value, unit = re.findall(rf"{share}\s+([\d.]+)(us|ms|s)", said)[0]
    return float(value) * {"us": 0.001, "ms": 1, "s": 1_000}[unit]


def _read_ourselves(url: str, coding: str, seconds: float) -> Read:
    port, asked = _request(url, coding)
    done = load.run(port, repeat(asked), clients=CONNECTIONS, seconds=seconds)
    return _summed_up(done)


def at_once(url: str, *, coding: str, readers: int) -> Read:
    """Have so many readers, each with a connection that stands already, ask at the same moment."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    port, asked = _request(url, coding)
    return _summed_up(load.run(port, repeat(asked, readers), clients=readers, seconds=60))


def _summed_up(done: load.Slice) -> Read:
    times = sorted(done.latencies)
    return Read(
        rate=done.rate,
        p50_ms=1_000 * percentile(times, 0.5),
        p99_ms=1_000 * percentile(times, 0.99),
        answers=len(times),
        faults=len(times) - done.statuses[200],
    )


class Line:
    """One client that asks once its last question is answered, over one connection."""

    def __init__(self, url: str) -> None:
        self.client = load.Client(urlsplit(url).port or 80, iter(()))
        self.client.socket.settimeout(load.SILENCE_SECONDS)

    def ask(self, url: str, coding: str = "") -> tuple[float, bytes]:
        """Milliseconds and body of one answer. Raises UnexpectedAnswer unless it is 200."""
        _port, asked = _request(url, coding)
        began = time.perf_counter()
        self.client.send(asked, 0, began)
        while (answer := self.client.take()) is None:
            pass
        took = 1_000 * (time.perf_counter() - began)
        status, body = answer
        if status != 200:
            raise load.UnexpectedAnswer(f"{status} for {url}: {body[:300]!r}")
        return took, body

    def close(self) -> None:
        self.client.socket.close()


def fetch(url: str, coding: str = "") -> bytes:
    """The body of one answer, over a connection of its own: whichever process takes it."""
    line = Line(url)
    try:
        return line.ask(url, coding)[1]
    finally:
        line.close()


def _request(url: str, coding: str) -> tuple[int, bytes]:
    at = urlsplit(url)
    target = f"{at.path}?{at.query}" if at.query else at.path
    lines = [f"GET {target} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"Accept-Encoding: {coding}"] if coding else []
    return at.port or 80, "\r\n".join([*lines, "", ""]).encode()
