"""Workers that are killed, or asked to go, in the middle of their work."""

import signal
from collections import Counter
from random import Random

import pytest

from tests.faults.figures import Figures
from tests.faults.scale import SCALE
from tests.faults.scene import WORKERS, Scene, now
from tests.install import eventually

WITHIN_SECONDS = 90


@pytest.mark.trial("T1 workers killed")
def test_workers_killed_at_any_moment_lose_and_double_nothing(
    scene: Scene, chance: Random, found: Figures
) -> None:
    load = scene.load(chance, SCALE.posts, per_second=SCALE.hurry)
    moments = sorted(chance.sample(range(SCALE.posts), SCALE.kills))

    with load.under_way():
        for moment in moments:
            load.wait_for(moment)
            scene.kill_a_worker(chance)
            last_kill = now()

    found.beside = f"{SCALE.kills} × SIGKILL"
    scene.check(load, found, since=max(last_kill, load.last_answer), within=WITHIN_SECONDS)


@pytest.mark.trial("T21 workers asked to go")
def test_workers_asked_to_go_give_their_work_back(
    scene: Scene, chance: Random, found: Figures
) -> None:
    load = scene.load(chance, 2 * SCALE.repeated * SCALE.rounds, per_second=SCALE.pace)

    with load.under_way():
        for number in range(SCALE.rounds):
            load.wait_for(2 * number * SCALE.repeated + chance.randrange(SCALE.repeated))
            for by in (signal.SIGTERM, signal.SIGQUIT):
                names = chance.sample(WORKERS, SCALE.workers)
                before = scene.workers_ready()
                scene.ask_to_go(by, *names)
                _wait_until_back(scene, names, before)

    count = SCALE.rounds * SCALE.workers
    found.beside = f"{count} × SIGTERM, {count} × SIGQUIT"
    scene.check(load, found, since=max(now(), load.last_answer), within=WITHIN_SECONDS)


def _wait_until_back(scene: Scene, names: list[str], before: Counter[str]) -> None:
    def all_are() -> bool:
        return all(scene.workers_ready()[name] > before[name] for name in names)

    eventually(all_are, within=60, what=f"{names} are back")
