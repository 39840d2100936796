"""Posting: comments a second, durable, authenticated by token, distinct bodies; and its floor.

.venv/bin/python -m bench.posting [--short] [--profile] [--json] [--keep]
"""

import argparse
from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING

import orjson

from bench import stage, words
from bench.figures import Figures, Report, Target, arguments, turned
from bench.load import Slice
from bench.stage import Stage

if TYPE_CHECKING:
    from bench.ground import Ground

READERS, THREADS = 200, 100
FLOOR, SPREAD, HOT = "floor", "posting, 100 threads", "posting, one thread"
FLOOR_ONE, ONE = "floor, 1 client", "posting, 1 client"
SCREEN_FIRST = "posting, screen first"
WITH_WORKERS, FLOOR_WITH_WORKERS = "posting, workers at work", "floor, workers at work"
BROKER_UP, BROKER_DOWN = "posting, broker there", "posting, broker stopped"

_slices = count()


class Posting:
    """Slices of posting and of its floor, each checked against the rows it left."""

    def __init__(self, stage: Stage, seconds: float) -> None:
        from bench import ground
        from publishers.states import Screening

        self.stage, self.seconds = stage, seconds
        self.ground = ground.lay(readers=READERS, threads=THREADS)
        self.cautious = ground.lay(
            readers=READERS, threads=THREADS, screening=Screening.SCREEN_FIRST
        )
        self.figures = Figures()

    def floor(self, clients: int) -> Slice:
        return self._measure(self.stage.floor_port, _notes(self.ground), clients, "floor_note")

    def posts(
        self, clients: int, *, ground: "Ground | None" = None, threads: int = THREADS
    ) -> Slice:
        posts = requests(ground or self.ground, threads=threads)
        return self._measure(self.stage.port, posts, clients, "comments_comment")

    def _measure(self, port: int, posts: Iterator[bytes], clients: int, table: str) -> Slice:
        return self.stage.slice(
            port, posts, clients=clients, seconds=self.seconds, status=201, rows_in=table
        )

    def rounds(self, number: int, plan: dict[str, Callable[[], Slice]]) -> None:
        """Each of `plan` once a round, in an order that turns with the rounds."""
        for turn in range(number):
            for name in turned(list(plan), turn):
                self.figures.add(name, plan[name]())
            self.stage.forget_work()
            self.stage.settle()


def requests(ground: "Ground", *, threads: int) -> Iterator[bytes]:
    """Posts of a site's readers in turn, to its first `threads` threads in turn."""
    heads = [
        f"POST /api/v1/threads/{thread.pk}/comments HTTP/1.1\r\n".encode()
        for thread in ground.threads[:threads]
    ]
    return _with_bodies(ground, heads)


def _notes(ground: "Ground") -> Iterator[bytes]:
    return _with_bodies(ground, [b"POST /note HTTP/1.1\r\n"])


def _with_bodies(ground: "Ground", heads: list[bytes]) -> Iterator[bytes]:
    common = b"Host: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
    signed = [common + f"Authorization: Bearer {token}\r\n".encode() for token in ground.tokens]
    for number, text in enumerate(words.bodies(f"posting-{next(_slices)}")):
        body = orjson.dumps({"body": text})
        length = b"Content-Length: %d\r\n\r\n" % len(body)
        # Strides that share no factor: every reader comes by every thread.
        head = heads[number % len(heads)]
        yield head + signed[(number * 7 + number // 100) % len(signed)] + length + body


def measure(here: Stage, report: Report, options: argparse.Namespace) -> Figures:
    """All slices of the bench."""
    rounds, seconds = (3, 2.0) if options.short else (6, 5.0)
    bench = Posting(here, seconds)
    here.start_web()
    report.say("Warming up")
    for clients in (16, 16, 1):
        bench.floor(clients)
        bench.posts(clients)
        bench.posts(clients, ground=bench.cautious)
    here.forget_work()
    here.settle()

    report.say(f"Floor and posting in turn, {rounds} rounds of {seconds:g} s each")
    bench.rounds(
        rounds,
        {
            FLOOR: lambda: bench.floor(16),
            SPREAD: lambda: bench.posts(16),
            HOT: lambda: bench.posts(16, threads=1),
            SCREEN_FIRST: lambda: bench.posts(16, ground=bench.cautious),
            FLOOR_ONE: lambda: bench.floor(1),
            ONE: lambda: bench.posts(1),
        },
    )
    report.say("Broker there and stopped in turn")
    for _ in range(rounds):
        bench.rounds(1, {BROKER_UP: lambda: bench.posts(16)})
        with here.without_broker():
            bench.figures.add(BROKER_DOWN, bench.posts(16))
    here.forget_work()
    report.say("With workers at work")
    with here.workers():
        for _ in range(rounds):
            bench.figures.add(WITH_WORKERS, bench.posts(16))
            bench.figures.add(FLOOR_WITH_WORKERS, bench.floor(16))
    return bench.figures


def main() -> None:
    parser = arguments("Posting against its floor.")
    parser.add_argument("--profile", action="store_true", help="where the time goes, instead")
    options = parser.parse_args()
    report = Report("posting-profile" if options.profile else "posting", options)
    with stage.opened(options.port) as here:
        if options.profile:
            from bench import ground, profile

            laid = ground.lay(readers=READERS, threads=THREADS)
            profile.measure(here, report, options, requests(laid, threads=THREADS), status=201)
        else:
            conclude(measure(here, report, options), report)
    report.publish()


def conclude(figures: Figures, report: Report) -> None:
    """Tables and targets."""
    report.notes.append(
        f"{READERS} readers, {THREADS} threads, distinct bodies of about 150 characters; "
        "synchronous_commit and fsync on; rate limits off; 2 web processes of 4 threads; workers "
        "stopped unless said."
    )
    report.notes.append(
        "Floor: a plain Django view without middleware, one SELECT (token and reader) and one "
        "INSERT of the same body into a table with a primary key and one index."
    )
    report.notes.append("In every slice the rows in the database equalled the answers 201.")
    report.add("Rates", figures.rows())
    report.targets(
        Target("posting / floor, 16 clients", figures.ratio(SPREAD, FLOOR), at_least=0.55),
        Target("the same, by CPU time", figures.cpu_ratio(SPREAD, FLOOR), at_least=0.55),
        Target("posting, 16 clients", figures.row(SPREAD)["per_second"], 700, unit="/s"),
        Target("p50, 1 client", figures.row(ONE)["p50_ms"], at_most=3, unit=" ms"),
        Target("one thread / 100 threads", figures.ratio(HOT, SPREAD), at_least=0.8),
        Target("broker stopped / there", figures.ratio(BROKER_DOWN, BROKER_UP), at_least=0.8),
    )


if __name__ == "__main__":
    main()
