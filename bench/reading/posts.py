"""Reading a thread while others post to it and moderators reject: how fast still, and does a page
show what it must?
"""

import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING
from uuid import UUID

import orjson

from bench import load, posting
from bench.asking import CONNECTIONS, Read, fetch, read
from bench.figures import Target
from bench.reading.scene import Row, Scene, comments

if TYPE_CHECKING:
    from accounts.models import User

POSTS_PER_SECOND = 50
#: From an answer to a look at the page.
LATE_SECONDS = 1.01
#: One post in so many is looked for; one in so many is rejected at once.
LOOKED_FOR, REJECTED = 20, 80


@dataclass
class Watch:
    """Rejects some of what is posted, and looks whether the page says what was answered: each look
    is a GET begun `LATE_SECONDS` after the answer it is about.
    """

    page: str
    moderator: "User"
    posted: int = 0
    looked: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    wrong: list[str] = field(default_factory=list)
    ended: bool = False
    #: Moment, comment, whether the page must show it.
    due: deque[tuple[float, str, bool]] = field(default_factory=deque)
    doomed: deque[str] = field(default_factory=deque)

    def listen(self, _number: int, body: bytes, now: float) -> None:
        """A post was answered."""
        self.posted += 1
        if self.posted % REJECTED == 0:
            self.doomed.append(orjson.loads(body)["id"])
        elif self.posted % LOOKED_FOR == 0:
            self.due.append((now + LATE_SECONDS, orjson.loads(body)["id"], True))

    def run(self) -> None:
        """Until it is ended and nothing is left to look for."""
        from django.db import connection

        while self.due or self.doomed or not self.ended:
            if self.doomed:
                self._reject(self.doomed.popleft())
            elif self.due and self.due[0][0] <= time.perf_counter():
                self._look(*self.due.popleft())
            else:
                time.sleep(0.002)
        connection.close()

    def _reject(self, comment: str) -> None:
        from comments.services import lifecycle
        from comments.states import Status

        lifecycle.move(UUID(comment), Status.REJECTED, actor=self.moderator, reason="off_topic")
        self.due.append((time.perf_counter() + LATE_SECONDS, comment, False))

    def _look(self, _moment: float, comment: str, shown: bool) -> None:
        self.looked[shown] += 1
        if (comment.encode() in fetch(self.page)) is not shown:
            self.wrong.append(comment)


def measure(scene: Scene) -> None:
    """In turn without posts and with them, workers at work all the time."""
    page, size = scene.pages[scene.largest], scene.largest
    watch = Watch(f"{page}&limit=100", scene.ground.readers[0])
    rounds, alone_for, busy_for = (1, 3.0, 8.0) if scene.short else (3, 4.0, 20.0)
    alone: list[Read] = []
    busy: list[Read] = []
    with scene.here.workers(), ThreadPoolExecutor(2) as pool:
        watching = pool.submit(watch.run)
        try:
            for turn in range(rounds):
                scene.report.say(f"Reading while others post, round {turn + 1} of {rounds}")
                alone.append(read(page, seconds=alone_for))
                reading = pool.submit(read, page, seconds=busy_for)
                _post(scene, busy_for, watch)
                busy.append(reading.result())
        finally:
            watch.ended = True
        watching.result()
    told = f"{comments(size)}, first page, workers at work"
    scene.rows.append(_row(told, alone, page))
    scene.rows.append(_row(f"{told}, {POSTS_PER_SECOND} posts/s", busy, page))
    shown, gone = watch.looked[True], watch.looked[False]
    scene.report.notes.append(
        f"While others posted {POSTS_PER_SECOND} a second, {shown} looks at a page were for a "
        f"comment that had been answered 201 {LATE_SECONDS} s before, {gone} for one that a "
        "moderator had rejected as long before."
    )
    share = median(two.rate / one.rate for one, two in zip(alone, busy, strict=True))
    scene.targets += [
        Target("reading with 50 posts/s / without", round(share, 3), at_least=0.6),
        Target("errors meanwhile", sum(each.faults for each in busy), at_most=0),
        Target("a second later not as answered", len(watch.wrong), at_most=0),
    ]


def _post(scene: Scene, seconds: float, watch: Watch) -> None:
    """Posts to the largest thread, which is the ground's first, in an open loop."""
    posts = posting.requests(scene.ground, threads=1)
    done = load.paced(
        scene.here.port, posts, rate=POSTS_PER_SECOND, seconds=seconds, listen=watch.listen
    )
    done.acknowledged(201)


def _row(told: str, every: list[Read], page: str) -> Row:
    return Row(
        told,
        CONNECTIONS,
        median(each.rate for each in every),
        median(each.p50_ms for each in every),
        median(each.p99_ms for each in every),
        len(fetch(page)),
    )
