"""A broker that is away, hangs, comes back without its memory, or loses it under load."""

import time
from random import Random

import pytest

from tests.faults.figures import Figures
from tests.faults.scale import SCALE
from tests.faults.scene import Scene, now

WITHIN_SECONDS = 120
#: Of the posts sent while it is away.
ACCEPTED = 0.999


@pytest.mark.trial("T2 broker away")
def test_posting_goes_on_without_a_broker(scene: Scene, chance: Random, found: Figures) -> None:
    around = SCALE.pace  # a second before, and one after
    load = scene.load(
        chance, int(SCALE.pace * SCALE.broker_seconds) + 2 * around, per_second=SCALE.pace
    )

    with load.under_way():
        load.wait_for(chance.randrange(around))
        away = now()
        scene.broker.kill()
        time.sleep(SCALE.broker_seconds)
        back = now()
        scene.broker.start()

    found.beside = _accepted(load.outcomes(since=away, until=back))
    scene.check(load, found, since=back, within=WITHIN_SECONDS)


@pytest.mark.trial("T2 broker hangs")
def test_posting_goes_on_beside_a_broker_that_hangs(
    scene: Scene, chance: Random, found: Figures
) -> None:
    seconds = SCALE.broker_seconds / 4
    load = scene.load(chance, int(SCALE.pace * seconds) + SCALE.pace, per_second=SCALE.pace)

    with load.under_way():
        load.wait_for(chance.randrange(SCALE.pace))
        away = now()
        with scene.broker.hanging():
            time.sleep(seconds)
        back = now()

    found.beside = _accepted(load.outcomes(since=away, until=back))
    scene.check(load, found, since=back, within=WITHIN_SECONDS)


@pytest.mark.trial("T2 broker flushed")
def test_a_flushed_broker_loses_no_work(scene: Scene, chance: Random, found: Figures) -> None:
    load = scene.load(chance, SCALE.repeated * SCALE.flushes, per_second=SCALE.pace)
    moments = sorted(chance.sample(range(len(load.thoughts)), SCALE.flushes))

    with load.under_way():
        for moment in moments:
            load.wait_for(moment)
            scene.broker.flush()

    found.beside = f"{SCALE.flushes} × flushed"
    scene.check(load, found, since=max(now(), load.last_answer), within=WITHIN_SECONDS)


def _accepted(outcomes: dict[str, int]) -> str:
    """Say how many posts were taken meanwhile; fail where it was not nearly all."""
    sent, accepted = sum(outcomes.values()), outcomes["201"]
    assert sent
    assert accepted >= ACCEPTED * sent, outcomes
    return f"{accepted} of {sent} accepted meanwhile"
