"""How far behind the outbox is, from its rows. Bounded, however many rows are open."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from common import clock
from outbox.events import tasks

#: Counting ends here: beyond it nobody needs to know exactly.
COUNTED_AT_MOST = 100_000


@dataclass(frozen=True)
class Standing:
    """One Celery task's rows: how many are open, were given up, and for how many seconds the
    oldest has been due (0 where none is).
    """

    task: str
    open_count: int
    set_aside_count: int
    lag_seconds: float


def lags() -> dict[str, float]:
    """For how many seconds each task's oldest row has been due; 0 where nothing is.

    One query, a look into an index for each task. A fresh row is due a second before it was made.
    """
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT task, (
                SELECT min(due_at) FROM outbox_outboxrow AS row
                WHERE row.task = wanted.task AND done_at IS NULL AND set_aside_at IS NULL
            ) FROM unnest(%s::text[]) AS wanted (task)
            """,
            [sorted(tasks())],
        )
        return {
            task: max(0.0, (now - due_at).total_seconds()) if due_at else 0.0
            for task, due_at in cursor.fetchall()
        }


def standings() -> list[Standing]:
    """Each task's standing. Two queries, which read no more than COUNTED_AT_MOST open rows."""
    lag = lags()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT task, (
                SELECT count(*) FROM (
                    SELECT FROM outbox_outboxrow AS row
                    WHERE row.task = wanted.task AND done_at IS NULL AND set_aside_at IS NULL
                    LIMIT %(most)s
                ) AS open
            ), (
                SELECT count(*) FROM (
                    SELECT FROM outbox_outboxrow AS row
                    WHERE row.task = wanted.task AND done_at IS NULL AND set_aside_at IS NOT NULL
                    LIMIT %(most)s
                ) AS given_up
            ) FROM unnest(%(tasks)s::text[]) AS wanted (task)
            """,
            {"tasks": sorted(lag), "most": COUNTED_AT_MOST},
        )
        return [
            Standing(task, open_count, set_aside_count, lag[task])
            for task, open_count, set_aside_count in cursor.fetchall()
        ]


def stalled(after: timedelta) -> dict[str, float]:
    """The tasks that do nothing though work waits, with their lag in seconds.

    So long ago a row fell due that is still open, and none was done since. Two queries, one where
    no task is behind.
    """
    behind = {task: lag for task, lag in lags().items() if lag > after.total_seconds()}
    if not behind:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT task FROM outbox_outboxrow WHERE done_at > %s AND task = ANY(%s)",
            [clock.now() - after, list(behind)],
        )
        at_work = {task for (task,) in cursor.fetchall()}
    return {task: lag for task, lag in behind.items() if task not in at_work}
