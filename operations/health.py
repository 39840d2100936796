"""Whether this process lives, and whether it may be sent requests.

Not ready means: requests would fail. What only makes things come later (a broker or cache that is
away, work that waits too long) is said and answered 200: readers would be no better off if every
web process left the balancer.
"""

import logging
from concurrent.futures import Future
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from common.permissions import public
from operations.looking import Look, look_at_all
from outbox import selectors as outbox

log = logging.getLogger(__name__)

#: What has not answered by then is away.
PATIENCE_SECONDS = 0.9
KEPT_SECONDS = 1.0
SCREENING = "screen_comment"
#: So many seconds behind is worth a word.
OUTBOX_LAG = 60.0
SCREENING_LAG = 30.0
#: Without these requests fail.
VITAL = ("database", "migrations")

#: What only the database can tell.
OF_THE_DATABASE = ("migrations", "outbox", "screening")

Checks = dict[str, dict[str, Any]]


class MigrationsWaiting(Exception):
    """The code expects tables that are not there."""


@public
@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers at all. No query."""
    return JsonResponse({"status": "alive"})


@public
@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """What each check found: 503 where requests would fail, else 200. Within a second.

    One query a second for each process at most, however many ask; none by the request's thread.
    """
    checks = look()
    if not all(checks[name]["ok"] for name in VITAL):
        return JsonResponse({"status": "not ready", "checks": checks}, status=503)
    well = all(check["ok"] for check in checks.values())
    return JsonResponse({"status": "ready" if well else "degraded", "checks": checks})


def look() -> Checks:
    """Each check by its name: whether it is `ok`, and `why` not. Within a second."""
    _own_migrations()  # before the clock runs: the first time it reads files, on nobody's fault
    seen = look_at_all(LOOKS, within=PATIENCE_SECONDS)
    return {
        check: facts for name, one in seen.items() for check, facts in _result(name, one).items()
    }


def _result(name: str, look: Future[Checks]) -> Checks:
    fault = look.exception() if look.done() else TimeoutError()
    _say_once(name, fault)
    if fault is None:
        return look.result()
    away = _amiss(f"The {name} does not answer.")
    more = OF_THE_DATABASE if name == "database" else ()
    return dict.fromkeys((name, *more), away)


def _say_once(name: str, fault: BaseException | None) -> None:
    """Log why a look fails, when it begins to."""
    if fault is None:
        _failing.discard(name)
    elif name not in _failing:
        _failing.add(name)
        log.warning("The %s does not answer: %s", name, fault)


_failing: set[str] = set()


# -- looks, each in a thread of its own --------------------------------------------------------
def _look_at_database() -> Checks:
    """One query over a connection that is closed again; two more until all migrations are in."""
    try:
        _require_migrations()
        lags = outbox.lags()
    except MigrationsWaiting:
        waiting = _amiss("Migrations are waiting: run `manage.py migrate`.")
        return {"database": {"ok": True}, **dict.fromkeys(OF_THE_DATABASE, waiting)}
    finally:
        connection.close()
    return {
        "database": {"ok": True},
        "migrations": {"ok": True},
        "outbox": _lag(max(lags.values(), default=0.0), OUTBOX_LAG),
        "screening": _lag(lags.get(SCREENING, 0.0), SCREENING_LAG),
    }


@lru_cache  # remembers only success: migrations are not taken back under a running process
def _require_migrations() -> None:
    if not _own_migrations() <= MigrationRecorder(connection).applied_migrations().keys():
        raise MigrationsWaiting


@lru_cache
def _own_migrations() -> frozenset[tuple[str, str]]:
    """App and name of each migration that this code has. No query."""
    return frozenset(MigrationLoader(None).graph.nodes)


def _look_at_broker() -> Checks:
    return _ping("broker", settings.CELERY_BROKER_URL)


def _look_at_cache() -> Checks:
    return _ping("cache", str(settings.CACHES["default"]["LOCATION"]))


def _ping(name: str, url: str) -> Checks:
    """Over a connection of its own: what clients remember of a failure does not count here."""
    with Redis.from_url(
        url,
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 0),
    ) as server:
        server.ping()
    return {name: {"ok": True}}


def _lag(seconds: float, most: float) -> dict[str, Any]:
    lag = {"lag_seconds": round(seconds, 1)}
    if seconds <= most:
        return {"ok": True, **lag}
    return _amiss(f"The oldest work has been due for {seconds:.0f} s.") | lag


def _amiss(why: str) -> dict[str, Any]:
    return {"ok": False, "why": why}


LOOKS = {
    "database": Look(_look_at_database, kept_seconds=KEPT_SECONDS),
    "broker": Look(_look_at_broker, kept_seconds=KEPT_SECONDS),
    "cache": Look(_look_at_cache, kept_seconds=KEPT_SECONDS),
}
