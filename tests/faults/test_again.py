"""The same again: requests sent many times at once, and work handed out many times."""

from collections.abc import Callable
from random import Random
from threading import Barrier
from typing import Any

import pytest

from tests.clients import Answer
from tests.faults.figures import Figures
from tests.faults.load import Line, Thought, spread
from tests.faults.scale import SCALE
from tests.faults.scene import Scene, now
from tests.install import eventually

WITHIN_SECONDS = 60
TIMES = 3

#: All that work writes, to be compared before and after.
WORK = """
    SELECT 'verdicts', count(*) FROM comments_verdict UNION ALL
    SELECT 'final verdicts', count(*) FROM comments_verdict WHERE final UNION ALL
    SELECT 'changes', count(*) FROM comments_statuschange UNION ALL
    SELECT 'notices', count(*) FROM notifications_notice UNION ALL
    SELECT 'mail ' || state, count(*) FROM notifications_maildelivery GROUP BY state UNION ALL
    SELECT 'cases', count(*) FROM moderation_case UNION ALL
    SELECT 'outbox', count(*) FROM outbox_outboxrow UNION ALL
    SELECT 'comments ' || status, count(*) FROM comments_comment GROUP BY status UNION ALL
    SELECT 'counted', sum(comment_count) FROM comments_thread UNION ALL
    SELECT 'counted replies', sum(reply_count) FROM comments_comment
"""
OPEN_AGAIN = "UPDATE outbox_outboxrow SET done_at = NULL, due_at = now(), attempts = 0"


@pytest.mark.trial("T5 all work thrice")
def test_work_handed_out_three_times_is_done_once(
    scene: Scene, chance: Random, found: Figures
) -> None:
    load = scene.load(chance, SCALE.repeated)
    twin = ("celery", "-A", "config", "--quiet", "worker", "-n", "twin@%h", "-c", "2")

    with scene.running(*twin, "-Q", "screening,delivery", "--without-mingle"):
        with scene.sent_again(TIMES), load.under_way():
            pass
        scene.check(load, found, since=load.last_answer, within=WITHIN_SECONDS)
        once = _work(scene)
        for _ in range(TIMES - 1):
            scene.install.sql(OPEN_AGAIN)
            eventually(lambda: _none_open(scene), within=WITHIN_SECONDS, what="done again")

    assert _work(scene) == once
    found.beside += f"; then all {once['outbox']} rows {TIMES - 1} times more"


@pytest.mark.trial("T8 one key at once")
def test_one_key_makes_one_comment_however_often_it_is_sent(
    scene: Scene, chance: Random, found: Figures
) -> None:
    load = scene.load(chance, 1)
    [thought] = load.thoughts

    answers = _at_once(scene, lambda line: thought.post(line, load.thread))
    other = Thought(thought.key, thought.token, "Something else entirely.")
    with Line(scene.install.port) as line:
        reused = other.post(line, load.thread)

    assert {answer.status for answer in answers} == {201}
    assert len({answer.raw for answer in answers}) == 1
    assert (reused.status, reused.json["code"]) == (422, "idempotency_key_reused")
    load.acknowledged[thought.key] = answers[0].json["id"]
    found.beside = f"{len(answers)} at once, equal answers; another body: 422"
    scene.check(load, found, since=now(), within=WITHIN_SECONDS)


@pytest.mark.trial("T8 no key at once")
def test_the_same_text_at_once_without_a_key_is_one_comment(
    scene: Scene, chance: Random, found: Figures
) -> None:
    load = scene.load(chance, 1)
    [thought] = load.thoughts

    answers = _at_once(scene, lambda line: thought.post(line, load.thread, with_key=False))

    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    load.acknowledged[thought.key] = answers[0].json["id"]
    found.beside = f"{len(answers)} at once, the same comment"
    scene.check(load, found, since=now(), within=WITHIN_SECONDS)


@pytest.mark.trial("T8 key after its life")
def test_a_key_is_forgotten_after_its_time(scene: Scene, chance: Random, found: Figures) -> None:
    load = scene.load(chance, 2)
    first, other = load.thoughts
    later = Thought(first.key, first.token, other.text)

    with Line(scene.install.port) as line:
        before = first.post(line, load.thread)
    scene.install.sql(
        "UPDATE outbox_idempotencyrecord SET created_at = created_at - interval '24 hours'"
        " WHERE key = %s",
        first.key,
    )
    scene.install.manage("shell", "-v0", "-c", "from outbox.services import relay; relay.purge()")
    with Line(scene.install.port) as line:
        after = later.post(line, load.thread)

    assert (before.status, after.status) == (201, 201)
    load.acknowledged = {first.key: before.json["id"], other.key: after.json["id"]}
    found.beside = "after 24 h and the purge the key is new"
    scene.check(load, found, since=now(), within=WITHIN_SECONDS)


def _at_once(scene: Scene, send: Callable[[Line], Answer]) -> list[Answer]:
    """Do the same on many connections in the same moment."""
    together = Barrier(SCALE.at_once, timeout=60)
    answers: list[Answer] = []

    def one(line: Line, _: int) -> None:
        together.wait()
        answer = send(line)
        while answer.status == 409 and answer.json["code"] == "idempotency_key_in_use":
            answer = send(line)  # the first took longer than others wait for it
        answers.append(answer)

    with spread(scene.install.port, range(SCALE.at_once), one, at_once=SCALE.at_once):
        pass
    return answers


def _none_open(scene: Scene) -> bool:
    return scene.install.sql("SELECT 1 FROM outbox_outboxrow WHERE done_at IS NULL LIMIT 1") == []


def _work(scene: Scene) -> dict[str, Any]:
    found = {name: int(count or 0) for name, count in scene.install.sql(WORK)}
    mails = list((scene.install.folder / "mail").glob("*.eml"))
    return found | {"mail files": len(mails)}
