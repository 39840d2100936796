"""Web processes that end where it hurts most: between commit and wake, and within requests."""

import signal
from random import Random

import pytest

from operations.ports import free_port
from tests.faults.figures import Figures
from tests.faults.injured import ALWAYS
from tests.faults.load import Dropped, Line, Thought, spread
from tests.faults.scale import SCALE
from tests.faults.scene import Scene, now

WITHIN_SECONDS = 60
AT_ONCE = 4
STORED = "SELECT count(*) FROM outbox_idempotencyrecord WHERE key = ANY(%s)"


@pytest.mark.trial("T7 died before waking")
def test_what_was_committed_is_decided_though_nobody_was_woken(
    scene: Scene, chance: Random, found: Figures
) -> None:
    load = scene.load(chance, SCALE.deaths)
    port = free_port()

    with scene.running("tests.faults.one_each", str(port), **{ALWAYS: "1"}) as server:
        assert server.stdout.readline() == "listening\n"

        def post_in_vain(line: Line, thought: Thought) -> None:
            with pytest.raises(Dropped):
                thought.post(line, load.thread)

        with spread(port, load.thoughts, post_in_vain, at_once=AT_ONCE, kept=False):
            pass
    last = now()
    assert scene.install.sql(STORED, [each.key for each in load.thoughts]) == [(SCALE.deaths,)]

    with load.under_way():  # sent again, each gets the answer it lost
        pass
    found.beside = f"{SCALE.deaths} deaths"
    scene.check(load, found, since=last, within=WITHIN_SECONDS)


@pytest.mark.trial("T7 died under load")
def test_a_web_process_may_die_between_commit_and_wake(
    scene: Scene, chance: Random, found: Figures
) -> None:
    load = scene.load(chance, SCALE.repeated * (SCALE.web_deaths + 1), per_second=SCALE.pace)

    with load.under_way():
        for number in range(SCALE.web_deaths):
            load.wait_for(number * SCALE.repeated + chance.randrange(SCALE.repeated))
            scene.let_one_die_after_commit()
            last = now()

    found.beside = f"{SCALE.web_deaths} deaths"
    scene.check(load, found, since=max(last, load.last_answer), within=WITHIN_SECONDS)


@pytest.mark.trial("T21 web asked to go")
def test_web_answers_what_it_has_taken_before_it_goes(
    scene: Scene, chance: Random, found: Figures
) -> None:
    load = scene.load(chance, SCALE.repeated * (SCALE.rounds + 1), per_second=SCALE.pace)

    with load.under_way():
        for number in range(SCALE.rounds):
            load.wait_for(number * SCALE.repeated + chance.randrange(SCALE.repeated))
            scene.ask_to_go(signal.SIGTERM, "web")
            last = now()

    outcomes = load.outcomes()
    lost = [each for each in outcomes if each == "refused" or each.startswith("dropped")]
    assert lost == [], outcomes
    found.beside = f"{SCALE.rounds} × SIGTERM, 0 dropped, 0 refused"
    scene.check(load, found, since=max(last, load.last_answer), within=WITHIN_SECONDS)
