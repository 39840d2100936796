"""Everybody votes on one comment, and changes their mind."""

import time
from random import Random

import pytest

from tests.faults import promises
from tests.faults.figures import Figures
from tests.faults.load import Line, slowest, spread
from tests.faults.scale import LONG_WANTED, SCALE
from tests.faults.scene import FIRST_WORDS, Scene
from tests.install import eventually

AT_ONCE = 16
P99_SECONDS = 0.5
#: PostgreSQL publishes its own counts once a second.
STATISTICS_SECONDS = 1.1

DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
VOTES = (
    "SELECT count(*), count(*) FILTER (WHERE value = 1) FROM comments_vote WHERE comment_id = %s"
)
COUNTED = "SELECT up_count + down_count, up_count FROM comments_comment WHERE id = %s"


@pytest.mark.trial("T13 votes on one comment")
def test_votes_on_one_comment_are_counted_exactly(
    scene: Scene, chance: Random, found: Figures
) -> None:
    thread = scene.free.pop()
    [comment, *_] = scene.first_words[thread]
    voters = scene.tokens[FIRST_WORDS : FIRST_WORDS + SCALE.voters]
    minds = [
        (token, value)
        for turn in range(SCALE.toggles)
        for token in chance.sample(voters, len(voters))
        for value in [chance.choice((1, -1, 0))]
    ]
    [(deadlocks,)] = scene.install.sql(DEADLOCKS)
    answers: list[tuple[int, float]] = []

    def vote(line: Line, mind: tuple[str, int]) -> None:
        token, value = mind
        began = time.monotonic()
        at = f"threads/{thread}/comments/{comment}/vote"
        answer = line.send("PUT", at, token, {"value": value})
        answers.append((answer.status, time.monotonic() - began))

    with spread(scene.install.port, minds, vote, at_once=AT_ONCE):
        pass
    eventually(
        lambda: scene.install.sql(COUNTED, comment) == scene.install.sql(VOTES, comment),
        within=15,
        what="the total is that of the rows",
    )
    time.sleep(STATISTICS_SECONDS)

    p99 = slowest([seconds for _, seconds in answers], 0.99)
    [(rows, _)] = scene.install.sql(VOTES, comment)
    found.sent, found.acknowledged = len(minds), sum(status == 200 for status, _ in answers)
    found.decided = found.acknowledged
    found.beside = f"{rows} votes; p99 {p99 * 1000:.0f} ms"
    assert found.sent == found.acknowledged
    assert scene.install.sql(DEADLOCKS) == [(deadlocks,)]
    assert p99 < P99_SECONDS or not LONG_WANTED  # beside a whole suite time is no measure
    promises.exact(scene.install)
