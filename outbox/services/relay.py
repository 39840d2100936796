"""The relay: records what happened, wakes who wants to know, ends rows, finds the overdue.

Nothing here trusts the broker. A row is due again `LEASE` after each wake-up, so a message that
was lost, or a worker that died, costs a delay and never the work.
"""

import logging
import time
from collections.abc import Iterable
from datetime import timedelta

from celery import current_app
from django.db import transaction

from common import clock
from outbox.events import Event, consumer_named, consumers_of
from outbox.models import IdempotencyRecord, OutboxRow

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 8
SWEPT_AT_ONCE = 500
KEPT_DONE = timedelta(days=7)
KEPT_ANSWERS = timedelta(hours=24)
#: After a failed wake-up this process leaves waking to the sweeper for so long, so that posting
#: does not pay for the broker's time-outs.
BROKER_REST_SECONDS = 5.0
_broker_rests_until = 0.0


def record(event: Event) -> None:
    """Store `event` for each of its consumers, in the caller's transaction; wake them on commit.

    One insert for all consumers.
    """
    due_at = clock.now() + LEASE
    rows = OutboxRow.objects.bulk_create(
        OutboxRow(
            event=event.kind(),
            payload=event.payload(),
            consumer=consumer.name,
            task=consumer.task,
            due_at=due_at,
        )
        for consumer in consumers_of(event)
    )
    if rows:
        transaction.on_commit(lambda: wake(rows))


def wake(rows: Iterable[OutboxRow]) -> int:
    """Send each row's id to its task. A broker that is away is not an error: the sweeper
    comes. Gives how many were sent.
    """
    global _broker_rests_until
    sent = 0
    for row in rows:
        if time.monotonic() < _broker_rests_until:
            break
        try:
            current_app.send_task(row.task, args=[row.pk], retry=False)
        except Exception as fault:  # any transport's own: kombu lets redis-py's through
            _broker_rests_until = time.monotonic() + BROKER_REST_SECONDS
            log.warning("The broker is away (%s); the sweeper will wake outbox rows.", fault)
            break
        sent += 1
    return sent


def deliver(row_id: int) -> None:
    """Run one row's consumer, once: its work and the row's end are one transaction.

    A row that is done, or being done elsewhere, is left alone. A failure is noted on the row,
    which becomes due again after a growing pause and is set aside after `MOST_ATTEMPTS`.
    """
    row = OutboxRow.objects.open().filter(pk=row_id).first()
    if row is None:
        return
    consumer = consumer_named(row.consumer)
    try:
        if consumer is None:
            raise LookupError(f"No consumer is called {row.consumer}.")
        event = consumer.event.restore(row.payload)
        prepared = (consumer.prepare(event),) if consumer.prepare else ()
        with transaction.atomic():
            held = OutboxRow.objects.open().select_for_update(skip_locked=True)
            if not held.filter(pk=row_id).exists():
                return
            consumer.run(event, *prepared)
            OutboxRow.objects.filter(pk=row_id).update(done_at=clock.now())
    except Exception as fault:
        log.exception("Outbox row %s (%s) failed.", row_id, row.consumer)
        _put_off(row_id, fault)


@transaction.atomic
def _put_off(row_id: int, fault: Exception) -> None:
    row = OutboxRow.objects.open().select_for_update().filter(pk=row_id).first()
    if row is None:
        return
    row.attempts += 1
    row.fault = f"{type(fault).__name__}: {fault}"[:2_000]
    row.due_at = clock.now() + timedelta(seconds=2**row.attempts)
    if row.attempts >= MOST_ATTEMPTS:
        row.set_aside_at = clock.now()
    row.save(update_fields=["attempts", "fault", "due_at", "set_aside_at"])


def sweep() -> int:
    """Lease what is overdue and wake it again. Safe beside itself (SKIP LOCKED)."""
    with transaction.atomic():
        overdue = OutboxRow.objects.overdue().select_for_update(skip_locked=True)
        rows = list(overdue.order_by("due_at")[:SWEPT_AT_ONCE])
        OutboxRow.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=clock.now() + LEASE)
    return wake(rows)


def replay(rows: Iterable[OutboxRow]) -> int:
    """Open rows that were set aside, with fresh attempts, and wake them."""
    ids = [row.pk for row in rows]
    with transaction.atomic():
        OutboxRow.objects.filter(pk__in=ids, done_at=None).update(
            set_aside_at=None, attempts=0, due_at=clock.now() + LEASE
        )
    return wake(OutboxRow.objects.open().filter(pk__in=ids))


def purge() -> None:
    """Forget rows done a week ago and answers given a day ago."""
    OutboxRow.objects.filter(done_at__lt=clock.now() - KEPT_DONE).delete()
    IdempotencyRecord.objects.filter(created_at__lt=clock.now() - KEPT_ANSWERS).delete()
