"""PostgreSQL as after a loss of power, under load."""

import contextlib
import signal
import time
from random import Random

import psycopg
import pytest

from tests.faults.figures import Figures
from tests.faults.scale import SCALE
from tests.faults.scene import Scene, now
from tests.install import eventually

#: From its return: the last error, and then the last of the work.
ERRORS_END_SECONDS = 5
WITHIN_SECONDS = 90


@pytest.mark.trial("T10 database restarted")
def test_what_was_answered_outlives_the_database(
    scene: Scene, chance: Random, found: Figures
) -> None:
    before = scene.everyone()
    each = int(SCALE.pace * SCALE.rest_seconds)
    load = scene.load(chance, each * (SCALE.restarts + 1), per_second=SCALE.pace)
    late = 0.0

    with load.under_way():
        for number in range(SCALE.restarts):
            load.wait_for(number * each + chance.randrange(each))
            scene.postmaster().send_signal(signal.SIGQUIT)  # "immediate"
            time.sleep(0.1)
            eventually(lambda: _answers(scene), within=60, what="it is back")
            back = now()
            time.sleep(SCALE.rest_seconds)
            failed = [sent.at for sent in load.attempts if sent.outcome != "201"]
            late = max([late, *(at - back for at in failed)])

    assert late < ERRORS_END_SECONDS
    assert scene.everyone() == before, "no process may end of it"
    found.beside = f"{SCALE.restarts} restarts; last error {late:.1f} s after"
    scene.check(load, found, since=now(), within=WITHIN_SECONDS)


def _answers(scene: Scene) -> bool:
    with contextlib.suppress(psycopg.OperationalError, FileNotFoundError):
        return bool(scene.install.sql("SELECT 1"))
    return False
