"""The outbox: what is recorded is done, once, whatever happens to messages and workers."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import transaction
from django.test import TestCase

from accounts.models import User
from common import clock
from outbox import events
from outbox.models import OutboxRow
from outbox.services import relay
from tests.together import at_once

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class SomethingHappened(events.Event):
    """An event of these tests."""

    subject: UUID
    loud: bool = False


@dataclass(frozen=True)
class SomebodySpoke(events.Event):
    """An event that is handled with others of its kind."""

    word: str


@dataclass(frozen=True)
class ItCools(events.Event):
    """An event whose consumer comes later."""

    what: str


heard: list[str] = []
told: list[str] = []


@events.consumes(SomethingHappened)
def write_down(event):
    """Leaves a row, so that tests see whether its transaction was kept."""
    User.objects.create_user(f"{event.subject}@mail.example")
    heard.append(str(event.subject))
    if failing:
        raise RuntimeError("The consumer broke.")
    if not_yet:
        raise relay.NotYet("Asked to come back.", not_yet[0])


@events.consumes(SomethingHappened, when=lambda event: event.loud, prepare=lambda event: "prepared")
def shout(event, prepared):
    told.append(prepared)


@events.consumes(
    SomebodySpoke, task="tests.listen", prepare=lambda spoken: len(spoken), together=True
)
def listen(spoken, number):
    User.objects.bulk_create(
        User(email=f"{each.word}@mail.example", name=f"one of {number}") for each in spoken
    )
    if any(each.word == unheard for each in spoken):
        raise RuntimeError("The consumer broke.")


@events.consumes(ItCools, task="tests.cool", after=1.5)
def drink(event):
    heard.append(event.what)


unheard = "mumble"
failing: list[bool] = []
not_yet: list[timedelta] = []


@pytest.fixture(autouse=True)
def quiet():
    for each in (heard, told, failing, not_yet):
        each.clear()


def lease(rows):
    taken, _more = relay._lease(rows)
    return taken


def record(**fields):
    event = SomethingHappened(uuid4(), **fields)
    with transaction.atomic():
        relay.record(event)
    return event


def test_an_event_is_stored_once_for_each_consumer_that_wants_it():
    record()
    record(loud=True)

    consumers = [row.consumer.split(":")[0] for row in OutboxRow.objects.order_by("pk")]
    assert consumers == ["tests.write_down", "tests.write_down", "tests.shout"]


def test_an_event_of_a_rolled_back_transaction_never_happened():
    with transaction.atomic():
        relay.record(SomethingHappened(uuid4()))
        transaction.set_rollback(True)

    assert not OutboxRow.objects.exists()


def test_a_consumer_gets_the_event_as_it_was_recorded():
    event = record()

    relay.deliver(OutboxRow.objects.get().pk)

    assert heard == [str(event.subject)]
    assert OutboxRow.objects.get().done_at is not None


def test_a_row_delivered_again_is_not_run_again():
    record()
    row = OutboxRow.objects.get()

    for _ in range(3):
        relay.deliver(row.pk)

    assert len(heard) == 1


def test_what_is_prepared_outside_the_transaction_is_handed_in():
    record(loud=True)

    for row in OutboxRow.objects.all():
        relay.deliver(row.pk)

    assert told == ["prepared"]


def test_rows_that_are_done_together_are_one_transaction(django_assert_num_queries):
    relay.record(*(SomebodySpoke(word) for word in ("this", "that", "more")))

    with django_assert_num_queries(8):  # a lease, the work, the rows' end
        assert relay.drain("tests.listen") == 3

    assert set(User.objects.values_list("name", flat=True)) == {"one of 3"}
    assert not OutboxRow.objects.filter(done_at=None).exists()


def test_one_that_fails_fails_alone_of_those_that_are_done_together():
    relay.record(*(SomebodySpoke(word) for word in ("this", unheard, "more")))

    relay.drain("tests.listen")

    said = {user.email.split("@")[0]: user.name for user in User.objects.all()}
    assert said == {"this": "one of 1", "more": "one of 1"}
    [failed] = OutboxRow.objects.filter(done_at=None)
    assert (failed.payload["word"], failed.attempts) == (unheard, 1)


def test_what_another_has_done_meanwhile_is_not_done_again_with_the_rest():
    relay.record(SomebodySpoke("this"), SomebodySpoke("that"))
    done, left = leased = lease(OutboxRow.objects.due())
    OutboxRow.objects.filter(pk=done.pk).update(done_at=clock.now())

    relay._run(leased)

    assert User.objects.get().email == f"{left.payload['word']}@mail.example"


def test_a_failing_consumer_leaves_nothing_behind_and_is_due_again_later():
    record()
    failing.append(True)
    row = OutboxRow.objects.get()

    relay.deliver(row.pk)

    row.refresh_from_db()
    assert not User.objects.exists()
    assert (row.attempts, row.done_at, row.set_aside_at) == (1, None, None)
    assert row.fault == "RuntimeError: The consumer broke."
    assert row.due_at > clock.now()


def test_a_row_that_always_fails_is_set_aside_and_can_be_replayed():
    record()
    failing.append(True)
    row = OutboxRow.objects.get()
    for _ in range(relay.MOST_ATTEMPTS):
        relay.deliver(row.pk)
    row.refresh_from_db()
    assert row.set_aside_at is not None

    failing.clear()
    relay.replay([row])
    relay.deliver(row.pk)

    row.refresh_from_db()
    assert (row.done_at is not None, row.set_aside_at) == (True, None)


def test_a_poisoned_row_delays_no_other():
    record()
    poisoned = OutboxRow.objects.get()
    failing.append(True)
    relay.deliver(poisoned.pk)
    failing.clear()
    record()

    relay.deliver(OutboxRow.objects.latest("pk").pk)

    assert OutboxRow.objects.filter(done_at__isnull=False).count() == 1


def test_a_row_for_a_consumer_of_a_newer_release_waits_for_that_releases_workers():
    record()
    OutboxRow.objects.update(consumer="tests.nobody:tests.SomethingHappened")

    relay.deliver(OutboxRow.objects.get().pk)

    row = OutboxRow.objects.get()
    assert "No consumer is called tests.nobody" in row.fault
    assert (row.attempts, row.set_aside_at) == (0, None)


def test_a_row_whose_consumer_is_gone_is_tried_in_vain():
    record()
    OutboxRow.objects.update(
        consumer="tests.nobody:tests.SomethingHappened",
        recorded_at=clock.now() - relay.UPGRADED,
    )

    relay.deliver(OutboxRow.objects.get().pk)

    row = OutboxRow.objects.get()
    assert "No consumer is called tests.nobody" in row.fault
    assert row.attempts == 1


def test_a_drain_runs_all_that_is_due_for_its_task():
    for _ in range(relay.LEASED_AT_ONCE + 2):
        record()

    assert relay.drain("outbox.deliver") == relay.LEASED_AT_ONCE + 2

    assert not OutboxRow.objects.open().exists()


def test_what_comes_while_a_drain_works_is_left_to_its_own_wake(monkeypatch):
    record()
    run = relay._run
    monkeypatch.setattr(relay, "_run", lambda rows: (run(rows), record()))

    assert relay.drain("outbox.deliver") == 1

    assert OutboxRow.objects.open().count() == 1


def test_a_drain_goes_on_after_a_row_that_is_taken_alone():
    for _ in range(3):
        record()
    OutboxRow.objects.update(attempts=1)

    assert relay.drain("outbox.deliver") == 3


def test_a_drain_leaves_other_tasks_rows_alone():
    record()

    assert relay.drain("screen_comment") == 0


def test_a_row_that_was_put_off_is_not_due_until_its_time():
    record()
    failing.append(True)
    relay.drain("outbox.deliver")
    failing.clear()

    assert relay.drain("outbox.deliver") == 0
    with time_machine.travel(clock.now() + timedelta(seconds=3), tick=False):
        assert relay.drain("outbox.deliver") == 1


def test_rows_of_a_worker_that_died_are_due_again_when_its_lease_is_over():
    record()
    record()
    assert len(lease(OutboxRow.objects.due())) == 2  # and then it died

    assert relay.drain("outbox.deliver") == 0
    with time_machine.travel(clock.now() + relay.LEASE, tick=False):
        assert relay.drain("outbox.deliver") == 2


def test_a_row_that_kills_its_worker_is_taken_alone_and_set_aside_in_the_end():
    record()
    deadly = OutboxRow.objects.get()
    for tries in range(1, relay.MOST_ATTEMPTS + 1):
        record()
        with time_machine.travel(clock.now() + tries * relay.LEASE, tick=False):
            taken = lease(OutboxRow.objects.filter(pk=deadly.pk).due())
        assert taken == [deadly]

    with time_machine.travel(clock.now() + 10 * relay.LEASE, tick=False):
        relay.drain("outbox.deliver")

    deadly.refresh_from_db()
    assert deadly.set_aside_at is not None
    assert "without a word" in deadly.fault
    assert OutboxRow.objects.open().count() == 0


def test_rows_tried_before_are_not_leased_with_their_neighbours():
    record()
    lease(OutboxRow.objects.due())
    record()

    with time_machine.travel(clock.now() + relay.LEASE, tick=False):
        sizes = [len(lease(OutboxRow.objects.due())) for _ in range(3)]

    assert sizes == [1, 1, 0]


def test_a_consumer_that_cannot_work_yet_waits_without_counting_tries():
    record()
    not_yet.append(timedelta(minutes=5))

    relay.drain("outbox.deliver")

    row = OutboxRow.objects.get()
    assert (row.attempts, row.done_at, row.set_aside_at) == (0, None, None)
    assert row.due_at > clock.now() + timedelta(minutes=4)
    assert row.fault == "NotYet: Asked to come back."


def test_the_sweep_names_the_tasks_that_have_rows_due():
    assert relay.sweep() == []
    record()

    assert relay.sweep() == ["outbox.deliver"]

    lease(OutboxRow.objects.due())
    assert relay.sweep() == []


def test_what_is_done_is_forgotten_after_a_week():
    record()
    relay.deliver(OutboxRow.objects.get().pk)
    record()

    with time_machine.travel(clock.now() + timedelta(days=8)):
        relay.purge()

    assert OutboxRow.objects.count() == 1
    assert OutboxRow.objects.get().done_at is None


@pytest.mark.django_db(transaction=True)
def test_a_row_delivered_by_two_workers_at_once_is_run_once():
    record()
    row = OutboxRow.objects.get()

    at_once(*[lambda: relay.deliver(row.pk)] * 4)

    assert User.objects.count() == 1
    row.refresh_from_db()
    assert (row.done_at is not None, row.fault) == (True, "")


def test_what_is_done_together_waits_together_and_no_try_is_counted(monkeypatch):
    for word in ("one", "two"):
        relay.record(SomebodySpoke(word))
    consumer = events.consumer_named("tests.listen:tests.SomebodySpoke")
    tries = []

    def come_back(spoken):
        tries.append(len(spoken))
        raise relay.NotYet("Asked to come back.", timedelta(seconds=5))

    monkeypatch.setitem(events._by_name, consumer.name, replace(consumer, prepare=come_back))
    relay.drain("tests.listen")

    assert tries == [2]
    assert {(row.attempts, row.due_at > clock.now()) for row in OutboxRow.objects.open()} == {
        (0, True)
    }


def test_what_falls_due_later_wakes_its_task_in_time(monkeypatch):
    wakes = []
    monkeypatch.setattr(relay, "wake", lambda task, after=0.0: wakes.append((task, after)))
    with time_machine.travel(clock.now(), tick=False) as time:
        with TestCase.captureOnCommitCallbacks(execute=True):
            relay.record(ItCools("tea"))
        time.shift(0.5)
        relay.record(ItCools("soup"))
        assert relay.drain("tests.cool") == 0
        time.shift(1)

        assert relay.drain("tests.cool") == 1

    assert wakes == [("tests.cool", 1.5), ("tests.cool", 1.0), ("tests.cool", 0.5)]


def test_what_a_thread_drains_alone_another_leaves_to_it_and_comes_again(monkeypatch):
    wakes = []
    monkeypatch.setattr(relay, "wake", lambda task, after=0.0: wakes.append((task, after)))
    record()

    with relay.ALONE["outbox.deliver"]:
        assert relay.drain_alone("outbox.deliver") == 0
    assert wakes == [("outbox.deliver", relay.SLICE_SECONDS)]

    assert relay.drain_alone("outbox.deliver") == 1
