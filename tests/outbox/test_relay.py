"""The outbox: what is recorded is done, once, whatever happens to messages and workers."""

import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from celery import current_app
from django.db import connections, transaction

from accounts.models import User
from common import clock
from outbox import events
from outbox.models import OutboxRow
from outbox.services import relay

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class SomethingHappened(events.Event):
    """An event of these tests."""

    subject: UUID
    loud: bool = False


heard: list[str] = []
told: list[str] = []


@events.consumes(SomethingHappened)
def write_down(event):
    """Leaves a row, so that tests see whether its transaction was kept."""
    User.objects.create_user(f"{event.subject}@mail.example")
    heard.append(str(event.subject))
    if failing:
        raise RuntimeError("The consumer broke.")


@events.consumes(SomethingHappened, when=lambda event: event.loud, prepare=lambda event: "prepared")
def shout(event, prepared):
    told.append(prepared)


failing: list[bool] = []


@pytest.fixture(autouse=True)
def quiet():
    for each in (heard, told, failing):
        each.clear()


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


def test_a_row_whose_consumer_is_gone_says_so():
    record()
    OutboxRow.objects.update(consumer="tests.nobody:tests.SomethingHappened")

    relay.deliver(OutboxRow.objects.get().pk)

    assert "No consumer is called tests.nobody" in OutboxRow.objects.get().fault


def test_the_sweeper_wakes_what_is_overdue_and_leases_it():
    record()
    assert relay.sweep() == 0

    with time_machine.travel(clock.now() + relay.LEASE + timedelta(seconds=1), tick=False):
        assert relay.sweep() == 1
        assert relay.sweep() == 0


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
    start = threading.Barrier(4, timeout=10)

    def deliver():
        try:
            start.wait()
            relay.deliver(row.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert User.objects.count() == 1
    row.refresh_from_db()
    assert row.attempts == 0


@pytest.fixture
def broker_away(monkeypatch):
    """Nobody listens where the broker should be."""
    monkeypatch.setattr(relay, "_broker_rests_until", 0.0)
    for name in ("broker_url", "broker_read_url", "broker_write_url"):
        monkeypatch.setattr(current_app.conf, name, "redis://127.0.0.1:1/0")
    forget_connections()
    yield
    monkeypatch.undo()
    forget_connections()


def forget_connections():
    if current_app.amqp._producer_pool is not None:
        current_app.amqp._producer_pool.force_close_all()
    current_app.amqp._producer_pool = None
    current_app.pool.force_close_all()
    current_app._pool = None


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_is_left_to_the_sweeper(broker_away):
    record()
    first_rest = relay._broker_rests_until
    record()

    assert first_rest > time.monotonic()  # it was tried, and is not tried again for a while
    assert relay._broker_rests_until == first_rest
    assert OutboxRow.objects.open().count() == 2
