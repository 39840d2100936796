"""The next release comes while everybody reads and writes: nobody is refused or kept waiting."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from random import Random

import pytest

from operations.processes import is_alive
from tests.faults.figures import Figures
from tests.faults.injured import NEXT_RELEASE
from tests.faults.load import Attempt, slowest
from tests.faults.scale import LONG_WANTED, SCALE
from tests.faults.scene import Scene, now, set_up
from tests.faults.witnesses import Listener, Locks, looking_on, read_slowly, reading
from tests.install import MARKS, eventually

pytestmark = pytest.mark.skipif(not LONG_WANTED, reason="a million comments: make faults")
WITHIN_SECONDS = 90
RENEWED_SECONDS = 300
#: Old processes on the new tables, and new ones, for so long each.
SIDE_BY_SIDE_SECONDS = 10
NOTES = "SELECT note, count(*) FROM comments_comment WHERE thread_id = %s GROUP BY note"


@pytest.fixture
def crowded() -> Iterator[Scene]:
    """An install of its own, with a million comments: counting them would delay other trials."""
    with set_up("crowded") as scene:
        yield scene


@pytest.mark.trial("T20 rolling upgrade")
def test_an_upgrade_with_migrations_of_a_million_comments_stops_nobody(
    crowded: Scene, chance: Random, found: Figures
) -> None:
    scene = crowded
    filled = scene.fill(SCALE.filled)
    load = scene.load(chance, SCALE.upgrade_posts, per_second=SCALE.upgrade_pace)
    paths = [f"threads/{each}/comments?sort={sort}" for each in filled for sort in ("best", "top")]
    paths += [f"threads/{load.thread}/comments?sort=newest", f"threads/{load.thread}"] * 20
    locks, listener = Locks(scene.database), Listener(scene.install.port + 1, load.thread)
    port, pace = scene.install.port, SCALE.upgrade_reads

    with (
        looking_on(locks.look, listener.listen),
        reading(port, paths, Random(chance.random()), per_second=pace, kept=True) as by_proxies,
        reading(port, paths, Random(chance.random()), per_second=pace, kept=False) as by_others,
        load.under_way(),
    ):
        time.sleep(SIDE_BY_SIDE_SECONDS)
        (scene.orders / NEXT_RELEASE).touch()
        began = now()
        with looking_on(partial(read_slowly, scene.database)):
            said = scene.install.manage("migrate")
        migrated = now()
        time.sleep(SIDE_BY_SIDE_SECONDS)  # the old processes, on the new tables
        former = {name: scene.install.family(name) for name in MARKS}
        renewed = now()
        scene.install.up.send_signal(signal.SIGUSR1)
        gone = [process for name in MARKS for process in former[name][name == "web" :]]
        eventually(
            lambda: not any(is_alive(process) for process in gone),
            within=RENEWED_SECONDS,
            what="all are of the next release",
        )
        took = now() - renewed
        time.sleep(SIDE_BY_SIDE_SECONDS)
        load.goes_on = False

    reads = Counter(each.outcome for each in (*by_proxies, *by_others))
    posts = load.outcomes()
    found.beside = _told(
        [*by_proxies, *by_others], load.attempts, locks, listener, migrated - began, took
    )
    assert set(reads) == {"200"}, reads
    assert set(posts) == {"201"}, posts
    assert listener.failed == []
    assert "gave way" in said
    assert max(locks.waited, locks.held) < 1, locks
    notes = dict(scene.install.sql(NOTES, load.thread))
    assert min(notes[None], notes[NEXT_RELEASE]) > SIDE_BY_SIDE_SECONDS, notes
    load.thoughts = [each for each in load.thoughts if each.key in load.acknowledged]
    scene.check(load, found, since=load.last_answer, within=WITHIN_SECONDS, counts=False)
    scene.install.manage("reconcile")


def _told(
    reads: list[Attempt],
    posts: list[Attempt],
    locks: Locks,
    listener: Listener,
    migrating: float,
    replacing: float,
) -> str:
    def p99(attempts: list[Attempt]) -> str:
        seconds = [each.seconds for each in attempts]
        return f"p99 {slowest(seconds, 0.99):.2f} s, slowest {max(seconds):.2f} s"

    return (
        f"{len(reads)} reads, {p99(reads)}; posts {p99(posts)}; migrated in {migrating:.0f} s, "
        f"all replaced in {replacing:.0f} s; longest wait for a lock {locks.waited:.2f} s, longest "
        f"hold {locks.held:.2f} s; {listener.opened} streams, {listener.changes} changes told"
    )
