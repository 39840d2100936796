"""Voting: votes stored a second, each a new row, token answered from memory; and its floor.

.venv/bin/python -m bench.voting [--short] [--json] [--keep]
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import TYPE_CHECKING

import orjson

from bench import load, stage
from bench.figures import Figures, Report, Target, arguments, turned
from bench.load import Slice
from bench.stage import Stage

if TYPE_CHECKING:
    from bench.ground import Ground
    from comments.models import Comment

READERS, THREADS, COMMENTS_EACH = 200, 100, 50
#: Enough that every vote of a slice on one comment can be another reader's.
CROWD = 12_000
CLIENTS = 16
TOGGLERS, TOGGLES = 500, 10
FLOOR, VOTES = "floor", "votes of 200 readers"
CROWD_SPREAD, CROWD_HOT = "votes of a crowd, spread", "votes of a crowd, one comment"
TOGGLING = f"{TOGGLERS} readers toggling on one comment"

_HEAD = b"Host: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json\r\n"


class Voting:
    """Slices of voting and of its floor, each checked against the rows it left."""

    def __init__(self, here: Stage, seconds: float) -> None:
        from bench import ground

        self.stage, self.seconds = here, seconds
        self.ground = ground.lay(readers=READERS, threads=THREADS)
        self.crowd = ground.lay(readers=CROWD, threads=1)
        writer = self.crowd.readers[0]
        self.comments = ground.publish_comments(self.ground, author=writer, each=COMMENTS_EACH)
        writer = self.ground.readers[0]
        self.crowded = ground.publish_comments(self.crowd, author=writer, each=2_000)
        self.hot = iter(self.crowded[:1_000])
        self.pairs = _pairs(self.ground, self.comments)
        self.floor_pairs = _pairs(self.ground, self.comments)
        self.offset = count(0, 7)
        self.figures = Figures()

    def votes(self) -> Slice:
        """Every reader on every comment, once: no pair comes twice."""
        return self._measure(self.stage.port, puts(self.pairs), "comments_vote")

    def floor(self) -> Slice:
        return self._measure(self.stage.floor_port, marks(self.floor_pairs), "floor_mark")

    def crowd_spread(self) -> Slice:
        at, rest = next(self.offset), self.crowded[1_000:]
        pairs = ((t, rest[(n + at) % 1_000]) for n, t in enumerate(self.crowd.tokens[1:]))
        return self._measure(self.stage.port, puts(pairs), "comments_vote")

    def crowd_hot(self) -> Slice:
        hot = next(self.hot)
        pairs = ((token, hot) for token in self.crowd.tokens[1:])
        return self._measure(self.stage.port, puts(pairs), "comments_vote")

    def _measure(self, port: int, requests: Iterator[bytes], table: str) -> Slice:
        return self.stage.slice(
            port, requests, clients=CLIENTS, seconds=self.seconds, status=200, rows_in=table
        )


def puts(pairs: "Iterator[tuple[str, Comment]]", value: int = 1) -> Iterator[bytes]:
    """A vote for each pair of a token and a comment."""
    body = orjson.dumps({"value": value})
    rest = b"Content-Length: %d\r\n\r\n" % len(body) + body
    for token, comment in pairs:
        path = f"/api/v1/threads/{comment.thread_id}/comments/{comment.pk}/vote"
        yield f"PUT {path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n".encode() + _HEAD + rest


def marks(pairs: "Iterator[tuple[str, Comment]]") -> Iterator[bytes]:
    """The floor's counterpart of a vote."""
    body = b'{"value":1}'
    rest = b"Content-Length: %d\r\n\r\n" % len(body) + body
    for token, comment in pairs:
        line = f"PUT /mark/{comment.pk} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n"
        yield line.encode() + _HEAD + rest


def _pairs(ground: "Ground", comments: "list[Comment]") -> "Iterator[tuple[str, Comment]]":
    """Every reader with every comment, each pair once; neighbours differ in both."""
    for turn in range(len(comments)):
        for number, token in enumerate(ground.tokens):
            yield token, comments[(turn + number * 131) % len(comments)]


@dataclass
class Toggled:
    """What came of many readers changing their minds on one comment."""

    slice: Slice
    rows: dict[int, int]
    expected: dict[int, int]
    totals: dict[int, int]
    deadlocks: int
    settled_seconds: float


def toggle(here: Stage, ground: "Ground", comment: "Comment") -> Toggled:
    """`TOGGLERS` readers at once, each on a connection of their own, each setting another vote
    `TOGGLES` times. Workers fold meanwhile.
    """
    chance = Random("toggling")
    everyone, last = [], Counter[int]()
    for token in ground.tokens[1 : TOGGLERS + 1]:
        values = [0]
        for _ in range(TOGGLES):
            values.append(chance.choice([each for each in (1, -1, 0) if each != values[-1]]))
        last[values[-1]] += 1
        changes = [next(puts(iter([(token, comment)]), value)) for value in values[1:]]
        everyone.append(iter(changes))
    before = here.deadlocks()
    done = here.slice(here.port, everyone, clients=TOGGLERS, seconds=300, status=200, rows_in=None)
    if sum(done.statuses.values()) != TOGGLERS * TOGGLES:
        raise load.UnexpectedAnswer(f"only {sum(done.statuses.values())} answers")
    ended = time.monotonic()
    while here.count("comments_tally") and time.monotonic() < ended + 30:
        time.sleep(0.1)
    settled = time.monotonic() - ended
    counted = dict(
        here.sql(
            "SELECT value, count(*) FROM comments_vote WHERE comment_id = %s GROUP BY 1", comment.pk
        )
    )
    up, down = here.sql(
        "SELECT up_count, down_count FROM comments_comment WHERE id = %s", comment.pk
    )[0]
    time.sleep(1)  # statistics are written some time after the fact
    return Toggled(
        slice=done,
        rows={value: counted.get(value, 0) for value in (1, -1)},
        expected={value: last[value] for value in (1, -1)},
        totals={1: up, -1: down},
        deadlocks=here.deadlocks() - before,
        settled_seconds=settled,
    )


def measure(here: Stage, report: Report, options: argparse.Namespace) -> None:
    """All slices of the bench, then the toggling."""
    rounds, seconds = (3, 2.0) if options.short else (6, 5.0)
    report.say("Laying the ground")
    bench = Voting(here, seconds)
    here.start_web()
    report.say("Warming up")
    for each in (bench.floor, bench.votes, bench.crowd_spread):
        each()
    here.forget_work()
    here.settle()
    report.say(f"Floor and votes in turn, {rounds} rounds of {seconds:g} s each")
    plan = {
        FLOOR: bench.floor,
        VOTES: bench.votes,
        CROWD_SPREAD: bench.crowd_spread,
        CROWD_HOT: bench.crowd_hot,
    }
    for turn in range(rounds):
        for name in turned(list(plan), turn):
            bench.figures.add(name, plan[name]())
        here.forget_work()
        here.settle()
    report.say(f"{TOGGLERS} readers, {TOGGLES} changes each")
    with here.workers():
        toggled = toggle(here, bench.crowd, next(bench.hot))
    conclude(bench.figures, toggled, report)


def conclude(figures: Figures, toggled: Toggled, report: Report) -> None:
    """Tables and targets."""
    figures.add(TOGGLING, toggled.slice)
    report.notes.append(
        f"{CLIENTS} clients; every vote a new row; workers stopped, but for the toggling. "
        f"{READERS} readers vote on {THREADS * COMMENTS_EACH} comments of {THREADS} threads; a "
        f"crowd of {CROWD - 1} votes once a slice each, so that most of its tokens have to be "
        "looked up."
    )
    report.notes.append(
        "Floor: a plain Django view without middleware, the product's own authentication, one "
        "INSERT into a table with the same unique constraint."
    )
    report.notes.append("In every slice the rows in the database equalled the answers 200.")
    report.add("Rates", figures.rows())
    rows = [
        {
            "votes": name,
            "expected": toggled.expected[value],
            "rows": toggled.rows[value],
            "total_shown": toggled.totals[value],
        }
        for name, value in (("up", 1), ("down", -1))
    ]
    report.add(f"{TOGGLERS} readers, {TOGGLES} changes each, on one comment", rows)
    exact = toggled.rows == toggled.expected == toggled.totals
    report.notes.append(f"Totals stood {toggled.settled_seconds:.1f} s after the last change.")
    report.targets(
        Target("votes / floor", figures.ratio(VOTES, FLOOR), at_least=0.7),
        Target("the same, by CPU time", figures.cpu_ratio(VOTES, FLOOR), at_least=0.7),
        Target("votes stored", figures.row(VOTES)["per_second"], at_least=1_900, unit="/s"),
        Target("one comment / spread", figures.ratio(CROWD_HOT, CROWD_SPREAD), at_least=0.8),
        Target("toggling: total equals rows (1: yes)", float(exact), at_least=1),
        Target("toggling: deadlocks", toggled.deadlocks, at_most=0),
        Target("toggling: p99", figures.row(TOGGLING)["p99_ms"], at_most=500, unit=" ms"),
    )


def main() -> None:
    parser = arguments("Voting against its floor.")
    parser.add_argument("--profile", action="store_true", help="where the time goes, instead")
    options = parser.parse_args()
    report = Report("voting-profile" if options.profile else "voting", options)
    with stage.opened(options.port) as here:
        if options.profile:
            from bench import ground, profile

            laid = ground.lay(readers=READERS, threads=THREADS)
            writer = ground.lay(readers=1, threads=1).readers[0]
            comments = ground.publish_comments(laid, author=writer, each=COMMENTS_EACH)
            profile.measure(here, report, options, puts(_pairs(laid, comments)), status=200)
        else:
            measure(here, report, options)
    report.publish()


if __name__ == "__main__":
    main()
