"""What the rows say, for Prometheus: read when it asks, by one process, not by those that answer
readers.

These figures are of the whole install, whichever machine tells them: take their maximum, not
their sum. Each read is bounded, however many rows there are.
"""

import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count, Min
from prometheus_client import Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from comments.models import Tally, Verdict
from comments.states import Status
from common import clock
from moderation.models import Case
from notifications.models import MailDelivery
from notifications.states import DeliveryState
from operations import health
from operations.liveness import queue_of
from operations.looking import Look, look_at_all
from operations.models import Reconciliation
from operations.release import release
from outbox import selectors as outbox

PATIENCE_SECONDS = 5.0
KEPT_SECONDS = 2.0
COUNTED_AT_MOST = outbox.COUNTED_AT_MOST
#: Mail that was handed over so long ago will not be answered any more.
ANSWERED_WITHIN = timedelta(minutes=10)
#: Verdicts younger than this may still be in a transaction under way.
SETTLED_AFTER = timedelta(seconds=5)
DECISIONS_AT_ONCE = 20_000

#: Label values and the figure for them.
Values = list[tuple[Sequence[str], float]]

#: By name: what it says, and its labels. docs/operations.md has them all.
GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "colloquy_build_info": ("The release that runs; always 1.", ("release", "python")),
    "colloquy_dependency_up": ("1 where a server answers, else 0.", ("dependency",)),
    "colloquy_outbox_open_rows": (
        f"Work still to do, counted up to {COUNTED_AT_MOST}.",
        ("task", "queue"),
    ),
    "colloquy_outbox_lag_seconds": (
        "For how long the oldest work of a task has been due.",
        ("task", "queue"),
    ),
    "colloquy_outbox_set_aside_rows": (
        "Work that was given up and waits for a person.",
        ("task", "queue"),
    ),
    "colloquy_held_comments": ("Comments that wait for a moderator.", ()),
    "colloquy_held_oldest_seconds": ("For how long the oldest of them has waited.", ()),
    "colloquy_unfolded_tallies": (
        f"Changes that counts do not show yet, counted up to {COUNTED_AT_MOST}.",
        (),
    ),
    "colloquy_count_differences": ("Counts that the last recount found wrong and left so.", ()),
    "colloquy_reconcile_last_run_timestamp_seconds": ("When the last recount ended.", ()),
    "colloquy_unanswered_mails": ("Mail handed over without an answer; not tried again.", ()),
    "colloquy_set_aside_mails": ("Mail that waits for a person to release it.", ()),
    "colloquy_database_connections": ("Connections to this database by state.", ("state",)),
    "colloquy_database_connections_limit": ("How many the server takes in all.", ()),
}
DECIDED = Histogram(
    "colloquy_screening_duration_seconds",
    "From a text's arrival to the final verdict of a machine.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800),
)


class Measures(Collector):
    """Reads the rows at most every KEPT_SECONDS, and never two at once; gives GAUGES.

    While the database does not answer, there are only the figures that need none.
    """

    def __init__(self) -> None:
        self.decisions = Decisions(since=clock.now())
        self.rows = Look(self._read, kept_seconds=KEPT_SECONDS)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Names for the registry, which would ask the database for them otherwise."""
        return (_family(name) for name in GAUGES)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        rows = look_at_all({"rows": self.rows}, within=PATIENCE_SECONDS)["rows"]
        known = rows.result() if rows.done() and not rows.exception() else {}
        for name, values in {**_of_this_process(), **known}.items():
            yield _family(name, values)

    def _read(self) -> dict[str, Values]:
        try:
            self.decisions.observe()
            return {**_outbox(), **_held(), **_waiting(), **_recounted(), **_connections()}
        finally:
            connection.close()


class Decisions:
    """Puts each final verdict into DECIDED, once, some seconds after it was made."""

    def __init__(self, *, since: datetime) -> None:
        self.last = _first_id_at(since)

    def observe(self) -> None:
        """One query over a range of the primary key, since ids sort by time."""
        until = _first_id_at(clock.now() - SETTLED_AFTER)
        made = Verdict.objects.filter(final=True, pk__gt=self.last, pk__lt=until).order_by("pk")
        times = made.values_list("pk", "created_at", "revision__created_at")
        for pk, decided_at, accepted_at in times[:DECISIONS_AT_ONCE]:
            DECIDED.observe(max(0.0, (decided_at - accepted_at).total_seconds()))
            self.last = pk


def _first_id_at(moment: datetime) -> UUID:
    """No UUIDv7 of an earlier moment sorts after it."""
    return UUID(int=int(moment.timestamp() * 1_000) << 80)


def _family(name: str, values: Values | None = None) -> GaugeMetricFamily:
    says, labels = GAUGES[name]
    family = GaugeMetricFamily(name, says, labels=labels)
    for label_values, value in values or ():
        family.add_metric(label_values, value)
    return family


def _of_this_process() -> dict[str, Values]:
    checks = health.look()
    return {
        "colloquy_build_info": [((release(), platform.python_version()), 1.0)],
        "colloquy_dependency_up": [
            ((name,), float(checks[name]["ok"])) for name in ("database", "broker", "cache")
        ],
    }


def _outbox() -> dict[str, Values]:
    standings = {(each.task, queue_of(each.task)): each for each in outbox.standings()}
    return {
        "colloquy_outbox_open_rows": [(by, one.open_count) for by, one in standings.items()],
        "colloquy_outbox_lag_seconds": [(by, one.lag_seconds) for by, one in standings.items()],
        "colloquy_outbox_set_aside_rows": [
            (by, one.set_aside_count) for by, one in standings.items()
        ],
    }


def _held() -> dict[str, Values]:
    held = Case.objects.filter(closed_at=None, comment__status=Status.HELD)
    found = held.aggregate(count=Count("pk"), oldest=Min("opened_at"))
    waited = (clock.now() - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    return {
        "colloquy_held_comments": [((), found["count"])],
        "colloquy_held_oldest_seconds": [((), waited)],
    }


def _waiting() -> dict[str, Values]:
    mails = MailDelivery.objects.order_by()
    long_ago = clock.now() - ANSWERED_WITHIN
    unanswered = mails.filter(state=DeliveryState.SENDING, changed_at__lt=long_ago)
    set_aside = mails.filter(state=DeliveryState.SET_ASIDE)
    return {
        "colloquy_unfolded_tallies": [((), Tally.objects.all()[:COUNTED_AT_MOST].count())],
        "colloquy_unanswered_mails": [((), unanswered.count())],
        "colloquy_set_aside_mails": [((), set_aside.count())],
    }


def _recounted() -> dict[str, Values]:
    """Nothing before the first recount."""
    last = Reconciliation.objects.order_by("-finished_at").first()
    if last is None:
        return {}
    return {
        "colloquy_count_differences": [((), last.left_count)],
        "colloquy_reconcile_last_run_timestamp_seconds": [((), last.finished_at.timestamp())],
    }


def _connections() -> dict[str, Values]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(state, 'unknown'), count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND backend_type = 'client backend'
            GROUP BY 1
            """
        )
        states: Mapping[str, int] = dict(cursor.fetchall())
        cursor.execute("SELECT current_setting('max_connections')::int")
        (limit,) = cursor.fetchone()
    return {
        "colloquy_database_connections": [((state,), count) for state, count in states.items()],
        "colloquy_database_connections_limit": [((), limit)],
    }
