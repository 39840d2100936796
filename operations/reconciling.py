"""Recounting everything while it goes on; what differs is told, and put right if wanted."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from comments.services import counting
from operations.models import Reconciliation
from operations.progress import Meter
from operations.recounting import COUNTS, Difference

log = logging.getLogger(__name__)

#: Two recounts take turns, so that no difference is put right twice: the lock is asked for before
#: the snapshot is taken, and what we waited for is then in sight. Reading goes on beside it.
ONE_MOMENT = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL lock_timeout = 0",
    "LOCK TABLE operations_reconciliation IN SHARE ROW EXCLUSIVE MODE",
    "SET LOCAL work_mem = '64MB'",
    "SET LOCAL cursor_tuple_fraction = 1",  # all rows are wanted, not the first ones soon
)


@dataclass(frozen=True)
class Report:
    """How many figures differed, by what they count, how many were put right, and how long it
    took.
    """

    found: Counter[str]
    repaired: int
    seconds: float

    @property
    def difference_count(self) -> int:
        return self.found.total()

    def as_json(self) -> dict[str, Any]:
        return {
            "difference_count": self.difference_count,
            "found": {count.name: self.found[count.name] for count in COUNTS},
            "repaired_count": self.repaired,
            "seconds": round(self.seconds, 2),
        }


def reconcile(
    *,
    site: UUID | None = None,
    fix: bool = False,
    tell: Callable[[Difference], None] = lambda difference: None,
    meter: Meter | None = None,
) -> Report:
    """Recount everything (of one site, if one is given) as of one moment, and `tell` each
    difference. `fix`: have them put right, all or none; that is, tallies are written with the
    rest, and folded. Raises DatabaseError.

    A query for each of COUNTS, and no lock that readers or workers wait for. One recount waits
    for another. A whole one is put on record.
    """
    begun = time.monotonic()
    found: Counter[str] = Counter()
    if meter:
        meter.begin("recounting", len(COUNTS))
    with _one_moment():
        for number, count in enumerate(COUNTS, start=1):
            for differences in count.differences(site):
                found[count.name] += len(differences)
                for each in differences:
                    tell(each)
                if fix:
                    count.correct(differences)
            if meter:
                meter.reach(number)
        report = Report(found, found.total() if fix else 0, time.monotonic() - begun)
        if site is None:
            Reconciliation.objects.create(
                difference_count=report.difference_count,
                repaired_count=report.repaired,
                seconds=report.seconds,
            )
    while report.repaired and counting.fold() == counting.FOLDED_AT_ONCE:
        pass
    return report


def differences(site: UUID | None = None) -> list[Difference]:
    """Every figure that is not what its rows say."""
    found: list[Difference] = []
    reconcile(site=site, tell=found.append)
    return found


def look_after() -> None:
    """Recount everything and sound an alarm where something differs: a line of level ERROR, and
    what the metrics say of the last recount.
    """
    report = reconcile()
    if report.difference_count:
        log.error(
            "%d counts are not what their rows say (%s); see `manage.py reconcile`.",
            report.difference_count,
            ", ".join(f"{name}: {count}" for name, count in sorted(report.found.items())),
        )
    else:
        log.info("All counts are what their rows say; looked for %.1f s.", report.seconds)


@contextmanager
def _one_moment() -> Iterator[None]:
    """A transaction that sees the database as of now, for as long as it takes."""
    connection.ensure_connection()
    server: Any = connection.connection
    patience, server.patience = server.patience, None
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                for statement in ONE_MOMENT:
                    cursor.execute(statement)
            yield
    finally:
        server.patience = patience
