"""The relay: records what happened, hands due rows to their consumers, finds the overdue.

Nothing here trusts the broker. A row is due from its commit on; a wake only says that there is
work (`waking`), and whoever looks takes all that is due. Who takes rows leases them: should they
die, the rows are due again when the lease is over, and the try is counted.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from itertools import takewhile
from threading import Lock

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F

from common import clock, logs
from common.inserting import fetch
from outbox.events import Event, consumer_named, consumers_of, longest_wait
from outbox.models import IdempotencyRecord, OutboxRow
from outbox.querysets import OutboxQuerySet
from outbox.services.idempotency import KEPT_ANSWERS
from outbox.services.waking import wake, woken

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
#: Clocks of two machines may differ by so much: a fresh row is due at once for both.
SKEW = timedelta(seconds=1)
LEASED_AT_ONCE = 20
#: Work for a consumer that nobody here knows is that of a newer release, whose workers are about to
#: come: by then.
UPGRADED = timedelta(hours=1)
LOOKED_AGAIN = timedelta(seconds=5)
#: A task gives its process to others after so long, and has itself woken again.
SLICE_SECONDS = 2.0
MOST_ATTEMPTS = 8
KEPT_DONE = timedelta(days=7)
PURGED_AT_ONCE = 5_000
#: By task, what the thread holds that drains it alone.
ALONE: defaultdict[str, Lock] = defaultdict(Lock)


class NotYet(Exception):
    """A consumer cannot work now, through no fault of its row: come back later.

    The try is not counted, so that a row may wait for days.
    """

    def __init__(self, why: str, retry_after: timedelta) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class LeaseLost(Exception):
    """Somebody else has done some of these rows meanwhile."""


def record(*events: Event) -> None:
    """Store `events` for each of their consumers, in the caller's transaction; wake them on commit.

    One insert for all.
    """
    rows = rows_of(*events)
    OutboxRow.objects.bulk_create(rows)
    wake_on_commit(rows)


def rows_of(*events: Event) -> list[OutboxRow]:
    """The rows that record `events`, not stored yet."""
    now = clock.now()
    return [
        OutboxRow(
            event=event.kind(),
            payload=event.payload(),
            consumer=consumer.name,
            task=consumer.task,
            recorded_at=now,
            due_at=now + timedelta(seconds=consumer.after) if consumer.after else now - SKEW,
        )
        for event in events
        for consumer in consumers_of(event)
    ]


def wake_on_commit(rows: Iterable[OutboxRow]) -> None:
    """Wake the tasks of rows that the running transaction stores."""
    now, dues = clock.now(), {row.task: row.due_at for row in rows}
    for task, due_at in dues.items():
        after = max((due_at - now).total_seconds(), 0.0)
        transaction.on_commit(partial(wake, task, after=after))


def drain(task: str) -> int:
    """Run what is due for `task`, a slice of time long. Gives how many rows it took.

    Two statements for each lease, and one beside its consumer's own for each row, or for all that
    one consumer does together. Safe beside itself: rows that another holds are passed over. What is
    recorded meanwhile has a wake of its own: one or two rows cost a lease as much as twenty.
    """
    woken(task)
    began = time.monotonic()
    taken, more = 0, True
    while more:
        rows, more = _lease(OutboxRow.objects.filter(task=task).due())
        leased_at = time.monotonic()
        while rows:
            if time.monotonic() > leased_at + LEASE.total_seconds() / 2:
                _give_back(rows)
                more = True
                break
            some, rows = _next(rows)
            _run(some)
            taken += len(some)
        if time.monotonic() > began + SLICE_SECONDS:
            wake(task)
            break
    else:
        _wake_in_time(task)
    return taken


def drain_alone(task: str) -> int:
    """As `drain`, in one thread of this process at a time, for long work: its other threads are
    there for the rest. Who comes meanwhile takes nothing, and has the task woken again.
    """
    if not ALONE[task].acquire(blocking=False):
        woken(task)
        wake(task, after=SLICE_SECONDS)
        return 0
    try:
        return drain(task)
    finally:
        ALONE[task].release()


def _wake_in_time(task: str) -> None:
    """Have a task woken when its next row falls due, if it has rows that are not due at once. One
    query then.
    """
    if longest := longest_wait(task):
        rows = OutboxRow.objects.filter(task=task).open()
        coming = rows.filter(due_at__lte=clock.now() + timedelta(seconds=longest))
        if due_at := coming.order_by("due_at").values_list("due_at", flat=True).first():
            wake(task, after=max((due_at - clock.now()).total_seconds(), 0.0))


def deliver(row_id: int) -> None:
    """Run one open row now, due or not. A row that is done is left alone."""
    rows, _ = _lease(OutboxRow.objects.open().filter(pk=row_id))
    if rows:
        _run(rows)


@transaction.atomic
def _lease(rows: OutboxQuerySet) -> tuple[list[OutboxRow], bool]:
    """Take some of `rows`, the longest due first, and count the try; tell whether more may be due.

    A row that was taken before is taken alone, so that one that kills its worker does not count
    against its neighbours; after the last try it is set aside.
    """
    found = list(rows.select_for_update(skip_locked=True).order_by("due_at")[:LEASED_AT_ONCE])
    given_up = [row.pk for row in found if row.attempts >= MOST_ATTEMPTS]
    if given_up:
        OutboxRow.objects.filter(pk__in=given_up).update(
            set_aside_at=clock.now(),
            fault="The process that tried it ended each time without a word.",
        )
    able = [row for row in found if row.attempts < MOST_ATTEMPTS]
    fresh = list(takewhile(lambda row: row.attempts == 0, able))
    taken = fresh or able[:1]
    OutboxRow.objects.filter(pk__in=[row.pk for row in taken]).update(
        due_at=clock.now() + LEASE, attempts=F("attempts") + 1
    )
    return taken, len(found) == LEASED_AT_ONCE or len(taken) < len(able)


def _give_back(rows: Iterable[OutboxRow]) -> None:
    """End the lease of rows that nobody came to."""
    ids = [row.pk for row in rows]
    OutboxRow.objects.filter(pk__in=ids).update(due_at=clock.now(), attempts=F("attempts") - 1)


def _next(rows: list[OutboxRow]) -> tuple[list[OutboxRow], list[OutboxRow]]:
    """The first of leased rows with those after it that its consumer does together with it; and
    the rest.
    """
    first = rows[0]
    consumer = consumer_named(first.consumer)
    if consumer is None or not consumer.together:
        return rows[:1], rows[1:]
    some = list(takewhile(lambda row: row.consumer == first.consumer, rows))
    return some, rows[len(some) :]


def _run(rows: list[OutboxRow]) -> None:
    """Run the consumer of leased rows; whatever is logged meanwhile names each row and its ids."""
    if len(rows) > 1:
        try:
            _work(rows)
        except NotYet as later:
            for row in rows:
                _wait(row, later)
            return
        except Exception as fault:
            said = type(fault).__name__
            log.warning("%d outbox rows failed together (%s): one by one.", len(rows), said)
        else:
            return
    for row in rows:
        ids = {**row.payload, "row": row.pk, "happened": row.event, "consumer": row.consumer}
        with logs.about(**ids):
            _attempt(row)


def _attempt(row: OutboxRow) -> None:
    """Run a leased row's consumer for this row alone.

    A failure is noted on the row, which becomes due again after a growing pause and is set aside
    after `MOST_ATTEMPTS`.
    """
    try:
        _work([row])
        if row.attempts or settings.LOG_ALL_REQUESTS:
            log.info("Outbox row done.", extra={"fields": {"attempts": row.attempts + 1}})
    except NotYet as later:
        _wait(row, later)
    except Exception as fault:
        log.exception("Outbox row failed.")
        _put_off(row, fault, pause=timedelta(seconds=2 ** (row.attempts + 1)), counted=1)


def _work(rows: list[OutboxRow]) -> None:
    """The consumer's work on rows and the rows' end: one transaction. Whoever else has a row waits
    here, and then finds it done.
    """
    name = rows[0].consumer
    consumer = consumer_named(name)
    if consumer is None:
        fault = f"No consumer is called {name}."
        if rows[0].recorded_at > clock.now() - UPGRADED:
            raise NotYet(fault, retry_after=LOOKED_AGAIN)
        raise LookupError(fault)
    events = [consumer.event.restore(row.payload) for row in rows]
    given = events if consumer.together else events[0]
    prepared = (consumer.prepare(given),) if consumer.prepare else ()
    with transaction.atomic():
        ended = {row_id for (row_id,) in fetch(DONE, [clock.now(), [row.pk for row in rows]])}
        if len(ended) == len(rows):
            consumer.run(given, *prepared)
        elif ended:
            raise LeaseLost


DONE = """
    UPDATE outbox_outboxrow SET done_at = %s
    WHERE id = ANY(%s) AND done_at IS NULL AND set_aside_at IS NULL RETURNING id
"""


def _wait(row: OutboxRow, later: NotYet) -> None:
    log.info("Outbox row waits: %s", later)
    _put_off(row, later, pause=later.retry_after, counted=0)


def _put_off(row: OutboxRow, fault: Exception, *, pause: timedelta, counted: int) -> None:
    attempts = row.attempts + counted
    # The database and the mail server quote rows and addresses in what they say.
    quotes = isinstance(fault, DatabaseError | OSError)
    said = logs.explain(fault) if quotes else f"{type(fault).__name__}: {fault}"
    OutboxRow.objects.open().filter(pk=row.pk).update(
        attempts=attempts,
        fault=said[:2_000],
        due_at=clock.now() + pause,
        set_aside_at=clock.now() if attempts >= MOST_ATTEMPTS else None,
    )


def sweep() -> list[str]:
    """Wake every task that has rows due. Gives their names. One query."""
    tasks = OutboxRow.objects.due().order_by().values_list("task", flat=True).distinct()
    overdue = list(tasks)
    for task in overdue:
        wake(task)
    return overdue


def replay(rows: Iterable[OutboxRow]) -> int:
    """Open rows that were set aside, with fresh attempts, and wake them. How many."""
    ids = [row.pk for row in rows]
    with transaction.atomic():
        waiting = OutboxRow.objects.filter(pk__in=ids, done_at=None)
        count = waiting.update(set_aside_at=None, attempts=0, due_at=clock.now())
        wake_on_commit(waiting)
    return count


def purge() -> None:
    """Forget rows done a week ago and answers given a day ago, some at a time."""
    for rows in (
        OutboxRow.objects.filter(done_at__lt=clock.now() - KEPT_DONE),
        IdempotencyRecord.objects.filter(created_at__lt=clock.now() - KEPT_ANSWERS),
    ):
        while some := list(rows.values_list("pk", flat=True)[:PURGED_AT_ONCE]):
            rows.filter(pk__in=some).delete()
