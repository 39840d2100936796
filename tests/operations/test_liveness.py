"""A worker that answers and yet does nothing: how it is noticed, and what becomes of it."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from common import clock
from operations import health
from operations.liveness import Watchman, stalled_queues
from operations.supervisor import Child
from outbox import selectors
from outbox.models import OutboxRow

A_MINUTE = timedelta(seconds=60)


@pytest.fixture
def row(db: None) -> Callable[..., OutboxRow]:
    """Stores a row that fell due some seconds ago, perhaps done some seconds ago."""

    def store(task: str, *, due: int, done: int | None = None) -> OutboxRow:
        now = clock.now()
        return OutboxRow.objects.create(
            event="comments.RevisionSubmitted",
            payload={},
            consumer="moderation.screen_revision:comments.RevisionSubmitted",
            task=task,
            recorded_at=now - timedelta(seconds=due),
            due_at=now - timedelta(seconds=due),
            done_at=None if done is None else now - timedelta(seconds=done),
        )

    return store


@pytest.mark.parametrize(
    ("rows", "stalled"),
    [
        ([], []),
        ([(90, None)], ["screen_comment"]),  # work waits, nothing was done
        ([(90, None), (95, 70)], ["screen_comment"]),  # nothing was done lately
        ([(90, None), (95, 5)], []),  # a backlog, and somebody at it
        ([(30, None)], []),  # not so long yet
        ([(-30, None)], []),  # leased, or put off
        ([(500, 90)], []),  # all is done: nobody has to be busy
    ],
)
def test_a_task_is_stalled_when_work_waits_and_none_was_done_lately(row, rows, stalled):
    for due, done in rows:
        row("screen_comment", due=due, done=done)

    assert list(selectors.stalled(A_MINUTE)) == stalled


def test_what_another_task_does_does_not_count(row):
    row("screen_comment", due=90)
    row("outbox.deliver", due=90, done=1)

    assert list(stalled_queues(A_MINUTE)) == ["screening"]


def test_work_given_up_stalls_nobody(row):
    given_up = row("outbox.deliver", due=900)
    OutboxRow.objects.filter(pk=given_up.pk).update(set_aside_at=clock.now())

    assert stalled_queues(A_MINUTE) == {}


def test_looking_costs_one_query_while_nobody_is_behind(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert stalled_queues(A_MINUTE) == {}


def test_no_worker_is_blamed_while_the_broker_is_away(row, monkeypatch):
    row("screen_comment", due=90)
    amiss = {"broker": {"ok": False}}
    monkeypatch.setattr(health, "look", lambda: amiss)

    assert stalled_queues(A_MINUTE) == {}


def test_check_workers_names_the_queue_that_stands_still(row, capsys):
    call_command("check_workers")
    assert capsys.readouterr().out == "Every queue moves.\n"

    row("screen_comment", due=90)
    with pytest.raises(CommandError, match=r"screening stands still, (89|9\d) s behind"):
        call_command("check_workers")

    call_command("check_workers", queue=["delivery"])
    with pytest.raises(CommandError):
        call_command("check_workers", queue=["screening"])


def test_no_worker_is_blamed_while_the_database_is_away(db, capsys):
    def refuse(*statement: object) -> None:
        raise OperationalError

    with connection.execute_wrapper(refuse):
        call_command("check_workers")

    assert capsys.readouterr().out.startswith("The database does not answer")


# -- the watchman, over a supervisor whose children are only noted ------------------------------
class Noted(Child):
    """A child that runs nothing; it counts how often it is asked to end."""

    asked = 0

    def ask_to_end(self) -> None:
        self.asked += 1


class Listening:
    """What a watchman needs of a supervisor."""

    def __init__(self, *children: Child) -> None:
        self.children = children
        self.said: list[str] = []
        self.say = self.said.append


@pytest.fixture
def screening() -> Noted:
    child = Noted("worker-screening", "none", [], queues={"screening"})
    child.process = object()  # type: ignore[assignment]  # it runs
    child.started_at = time.monotonic() - 90
    return child


@pytest.fixture
def others() -> Noted:
    child = Noted("worker", "none", [], queues={"delivery", "bulk"})
    child.process = object()  # type: ignore[assignment]
    child.started_at = time.monotonic() - 90
    return child


def test_a_worker_found_idle_twice_is_started_anew_and_no_other(screening, others):
    supervisor = Listening(screening, others)
    watchman = Watchman(supervisor, after=A_MINUTE)  # type: ignore[arg-type]

    watchman.judge({"screening": 61.0})
    assert screening.asked == 0  # perhaps the machine slept
    watchman.judge({"screening": 71.0})

    assert (screening.asked, others.asked) == (1, 0)
    assert supervisor.said == [
        "worker-screening does nothing though work has waited for 71 s; restarting it"
    ]


def test_a_fresh_worker_is_given_its_time_and_more_after_each_restart(screening):
    watchman = Watchman(Listening(screening), after=A_MINUTE)  # type: ignore[arg-type]

    screening.started_at = time.monotonic() - 50
    for _ in range(3):
        watchman.judge({"screening": 500.0})
    assert screening.asked == 0

    screening.started_at = time.monotonic() - 61
    watchman.judge({"screening": 500.0})
    assert screening.asked == 1

    screening.started_at = time.monotonic() - 61
    watchman.judge({"screening": 500.0})
    assert screening.asked == 1
    screening.started_at = time.monotonic() - 121
    watchman.judge({"screening": 500.0})
    assert screening.asked == 2


def test_a_worker_that_works_again_has_its_credit_back(screening):
    watchman = Watchman(Listening(screening), after=A_MINUTE)  # type: ignore[arg-type]
    for stalled in ({"screening": 61.0}, {"screening": 71.0}, {}):
        watchman.judge(stalled)

    screening.started_at = time.monotonic() - 61
    watchman.judge({"screening": 61.0})
    watchman.judge({"screening": 71.0})

    assert screening.asked == 2
