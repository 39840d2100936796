"""PostgreSQL: there, new enough, and set up for what is asked of it."""

import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from operations.deployment.findings import is_here, said, unwise, wrong

#: The oldest that we are tested on.
OLDEST = 15
#: Sessions, codes and limits compare moments of this machine and of the database's.
CLOCKS_SECONDS = 2
#: Settings without which "stored" does not mean stored, and what they must not be.
LASTING = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


def database(**kwargs: Any) -> list[CheckMessage]:
    """PostgreSQL answers, keeps what it is given, knows all letters, and has our tables."""
    try:
        return [*_server(), *_way_there(), *_tables()]
    except DatabaseError as fault:
        return [wrong("database", f"The database of DATABASE_URL does not answer: {said(fault)}")]


def _server() -> Iterator[CheckMessage]:
    version = _asked("SHOW server_version_num") // 10_000
    if version < OLDEST:
        yield wrong(
            "database_version",
            f"This is PostgreSQL {version}; Colloquy needs {OLDEST} or newer.",
        )
    if (encoding := _asked("SHOW server_encoding")) != "UTF8":
        yield wrong(
            "database_encoding",
            f"The database keeps text as {encoding}: Korean, Japanese and emoji would be lost or"
            " refused. Make it anew by `createdb --template template0 --encoding UTF8`.",
        )
    for name, dangerous in LASTING.items():
        if _asked(f"SHOW {name}") == dangerous:
            yield wrong(
                "database_durability",
                f"PostgreSQL has {name} {dangerous}: comments that were accepted may be gone after"
                " a crash.",
            )


def _way_there() -> Iterator[CheckMessage]:
    if _asked("SHOW is_superuser") == "on":
        yield unwise(
            "database_role",
            "Colloquy's role is a superuser of PostgreSQL, who may read files and run programs"
            " there. Give it a role that owns its database and no more.",
        )
    if not is_here(settings.DATABASES["default"].get("HOST", "")) and not _asked(
        "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    ):
        yield unwise(
            "database_in_the_clear",
            "All that is read and written crosses the network in the clear: add"
            " ?sslmode=verify-full to DATABASE_URL.",
        )
    apart = abs(float(_asked("SELECT extract(epoch FROM clock_timestamp())")) - time.time())
    if apart > CLOCKS_SECONDS:
        yield unwise(
            "clocks",
            f"The database's clock and this machine's are {apart:.0f} s apart: codes and sessions"
            " end too soon or too late. Have both keep network time.",
        )


def _tables() -> Iterator[CheckMessage]:
    executor = MigrationExecutor(connection)
    if waiting := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield wrong("migrations", f"{len(waiting)} migrations wait: run `manage.py migrate`.")


def _asked(statement: str) -> Any:
    """The one value that a statement gives; a number where it is one."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    value = row[0] if row else None
    return int(value) if isinstance(value, str) and value.isdecimal() else value
