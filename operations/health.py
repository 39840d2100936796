"""Whether this process lives, and whether it may be sent requests."""

from functools import lru_cache

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.permissions import public


class NotReady(Exception):
    """Requests would fail; the text says why."""


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
    """200 once the database answers and is migrated, else 503 and why. One query when ready.

    Broker and cache are not asked: reading and posting go on without them.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        _require_migrations()
    except DatabaseError:
        return JsonResponse({"status": "not ready", "why": "The database is away."}, status=503)
    except NotReady as reason:
        return JsonResponse({"status": "not ready", "why": str(reason)}, status=503)
    return JsonResponse({"status": "ready"})


@lru_cache  # remembers only success: migrations are not taken back under a running process
def _require_migrations() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotReady("Migrations are waiting: run `manage.py migrate`.")
