"""Live: what open streams cost, idle and told, and how soon a posted comment reaches them all.

.venv/bin/python -m bench.live [--short] [--json] [--keep] [--streams 10000]
"""

import argparse
import asyncio
import gc
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING

import psutil

from bench import load, stage
from bench.figures import Report, Target, arguments, percentile
from bench.stage import Stage

if TYPE_CHECKING:
    from bench.ground import Ground

STREAMS = 10_000
#: Live tidies up every fifteen seconds.
LEFT_SECONDS = 20
#: So many connect at the same time.
TOGETHER = 200
#: As browsers ask: what they send with it is kept by nobody, and yet has to pass.
ASKED = (
    "GET /stream?thread={thread}:{version} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    "Accept: text/event-stream\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9,ko;q=0.8\r\nCache-Control: no-cache\r\n"
    "Origin: https://news.example\r\nReferer: https://news.example/\r\n"
    'Sec-CH-UA: "Chromium";v="142", "Not?A_Brand";v="99"\r\nSec-CH-UA-Mobile: ?0\r\n'
    "Sec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Site: cross-site\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36\r\n\r\n"
)
CHANGED, PING = b"event: changed", b"event: ping"


class Crowd:
    """Readers of one thread, all in this process. `told_at`: when each heard of the last post."""

    def __init__(self) -> None:
        self.readers: set[Reader] = set()
        self.here = 0
        self.told_at: list[float] = []

    async def come(self, port: int, asked: bytes, number: int) -> None:
        """Connect so many, and wait until each was answered."""
        loop = asyncio.get_running_loop()
        for begin in range(0, number, TOGETHER):
            some = [
                loop.create_connection(lambda: Reader(self, asked), "127.0.0.1", port)
                for _ in range(min(TOGETHER, number - begin))
            ]
            await asyncio.gather(*some)
        await self._until(lambda: self.here == number, "everybody is answered")

    def listen(self) -> None:
        """From now on it counts who is told."""
        self.told_at = []
        for reader in self.readers:
            reader.is_told = False

    async def all_told(self) -> list[float]:
        """Wait until everybody was told; give when each was."""
        await self._until(lambda: len(self.told_at) >= len(self.readers), "everybody is told")
        return self.told_at

    def go(self) -> None:
        gone, self.readers, self.here = self.readers, set(), 0
        for reader in gone:
            reader.transport.close()

    async def _until(self, is_so, what: str) -> None:
        deadline = time.monotonic() + 60
        while not is_so():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not {what}: {self.here} here, {len(self.told_at)} told")
            await asyncio.sleep(0.005)


class Reader(asyncio.Protocol):
    """One of them."""

    __slots__ = ("asked", "crowd", "is_here", "is_told", "transport")

    def __init__(self, crowd: Crowd, asked: bytes) -> None:
        self.crowd, self.asked = crowd, asked
        self.is_here = self.is_told = False

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.crowd.readers.add(self)
        transport.write(self.asked)

    def data_received(self, data: bytes) -> None:
        if CHANGED in data and not self.is_told:
            self.is_told = True
            self.crowd.told_at.append(time.perf_counter())
        if not self.is_here and PING in data:
            self.is_here = True
            self.crowd.here += 1

    def connection_lost(self, fault: Exception | None) -> None:
        if self in self.crowd.readers:
            raise load.UnexpectedAnswer("the server hung up")


def measure(here: Stage, report: Report, options: argparse.Namespace) -> None:
    """One live process, one thread, one crowd."""
    from bench import ground

    laid = ground.lay(readers=10, threads=1)
    here.start_web(floor=False)
    here.start_live()
    asyncio.run(watch(here, laid, report, options))


async def watch(here: Stage, laid: "Ground", report: Report, options: argparse.Namespace) -> None:
    """Nobody is there, everybody comes, nothing happens, posts come, everybody leaves."""
    idle_seconds, posts = (15, 3) if options.short else (60, 10)
    live = psutil.Process(here.running["live"].pid)
    crowd = Crowd()
    asked = ASKED.format(thread=laid.threads[0].pk, version=0).encode()
    await crowd.come(here.port + 1, asked, 100)  # whatever is loaded once is loaded now
    crowd.go()
    await asyncio.sleep(3)
    memory = {"before": pss(live)}

    report.say(f"{options.streams} readers come")
    began = time.perf_counter()
    await crowd.come(here.port + 1, asked, options.streams)
    arrival = time.perf_counter() - began
    memory["with all of them"] = pss(live)

    report.say(f"Nothing happens for {idle_seconds} s")
    cpu, began = cpu_of(live), time.perf_counter()
    await asyncio.sleep(idle_seconds)
    idle = (cpu_of(live) - cpu) / (time.perf_counter() - began)

    with here.workers():
        waits, costs = await tell_of_posts(here, laid, crowd, live, posts)
    memory["after so much was told"] = pss(live)

    report.say("They leave")
    crowd.go()
    await asyncio.sleep(LEFT_SECONDS)
    memory["after they left"] = pss(live)
    await crowd.come(here.port + 1, asked, options.streams)
    memory["with as many again"] = pss(live)
    crowd.go()
    await asyncio.sleep(LEFT_SECONDS)
    memory["after these left"] = pss(live)

    report.add("Memory", [{"PSS_MB": f"{size:.1f}", "when": when} for when, size in memory.items()])
    report.add("Posts", [wait_row(number, wait) for number, wait in enumerate(waits, start=1)])
    grown = memory["with all of them"] - memory["before"]
    report.notes += [
        f"{options.streams} readers of one thread, in one process; they came in {arrival:.1f} s.",
        f"A stream takes {1_000 * grown / options.streams:.1f} kB.",
        "A wait is counted from the answer to the post until a reader has the event.",
        f"Telling everybody takes the live process {median(costs):.2f} s of CPU.",
    ]
    report.targets(
        Target("PSS", round(memory["with all of them"]), at_most=250, unit=" MB"),
        Target("PSS, told", round(memory["after so much was told"]), at_most=250, unit=" MB"),
        Target("idle, share of a core", round(100 * idle, 1), at_most=5, unit=" %"),
        Target("last reader told", round(max(map(max, waits)), 2), at_most=2, unit=" s"),
        Target(
            "memory kept after they left",
            round(memory["after these left"] - memory["before"], 1),
            at_most=25,
            unit=" MB",
        ),
    )


async def tell_of_posts(
    here: Stage, laid: "Ground", crowd: Crowd, live: psutil.Process, posts: int
) -> tuple[list[list[float]], list[float]]:
    """Post, wait until everybody knows, and so on: for each post the waits, and CPU of live."""
    from bench.posting import requests

    written = requests(laid, threads=1)
    crowd.listen()
    await asyncio.to_thread(_post, here.port, next(written))
    await crowd.all_told()  # whoever works for it has begun by now
    await asyncio.sleep(3)
    waits, costs = [], []
    for _ in range(posts):
        crowd.listen()
        cpu = cpu_of(live)
        await asyncio.to_thread(_post, here.port, next(written))
        posted_at = time.perf_counter()
        waits.append([moment - posted_at for moment in await crowd.all_told()])
        costs.append(cpu_of(live) - cpu)
        await asyncio.sleep(3)
    return waits, costs


def _post(port: int, request: bytes) -> None:
    done = load.run(port, iter([request]), clients=1, seconds=10)
    done.acknowledged(201)


def wait_row(number: int, waits: list[float]) -> dict[str, object]:
    ordered = sorted(waits)
    return {
        "post": number,
        "readers": len(ordered),
        "first_s": round(ordered[0], 2),
        "p50_s": round(percentile(ordered, 0.5), 2),
        "last_s": round(ordered[-1], 2),
    }


def pss(process: psutil.Process) -> float:
    """Megabytes that a process would give back if it ended."""
    return process.memory_full_info().pss / 1e6


def cpu_of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


@contextmanager
def many_files() -> Iterator[None]:
    """As many open connections as this process can have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def main() -> None:
    parser = arguments("What live streams cost.")
    parser.add_argument("--streams", type=int, default=STREAMS, help="how many readers")
    options = parser.parse_args()
    report = Report("live", options)
    gc.disable()  # it would walk through thousands of readers while they are told
    with many_files(), stage.opened(options.port) as here:
        measure(here, report, options)
    report.publish()


if __name__ == "__main__":
    main()
