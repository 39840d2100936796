"""Migrating while readers read and write: no table is waited for longer than they can wait.

Whoever wants a table for itself queues for it, and all who come later queue behind. So a migration
asks for half a second, gives way, and tries again. Only what locks nobody out waits as long as it
takes: indexes that are made concurrently, constraints that are validated.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, repeat
from typing import Any

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import errors

#: Together with what a statement itself takes, less than a second.
LOCK_MILLISECONDS = 500
PAUSES = (1, 2, 4, 8)
LOCKS_NOBODY_OUT = re.compile(r"\bCONCURRENTLY\b|\bVALIDATE CONSTRAINT\b")
INDEX = re.compile(r'CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?"?(\w+)"?')
IS_WHOLE = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(quote_ident(%s))"
OLDEST = """
    SELECT pid, application_name, extract(epoch FROM now() - xact_start)::int
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
    ORDER BY xact_start LIMIT 1
"""


class Busy(Exception):
    """A table could not be had in all that time; the text says who has been at work longest."""


def insist(
    migrate: Callable[[], object],
    *,
    connection: BaseDatabaseWrapper,
    seconds: float,
    say: Callable[[str], None],
) -> None:
    """Migrate, again and again while a table is busy. What was done by an earlier try stays done.

    Raises Busy once `seconds` are over.
    """
    until = time.monotonic() + seconds
    for pause in chain(PAUSES, repeat(PAUSES[-1])):
        try:
            with asking_briefly(connection):
                migrate()
            return
        except OperationalError as fault:
            if not isinstance(fault.__cause__, errors.LockNotAvailable | errors.DeadlockDetected):
                raise
            if time.monotonic() + pause > until:
                raise Busy(f"A table stayed busy. {_who(connection)}") from None
        say(f"A table is busy: gave way, and ask again in {pause} s. {_who(connection)}")
        time.sleep(pause)


@contextmanager
def asking_briefly(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Have each statement give up on a lock after half a second, but for those that lock nobody
    out. An index that an earlier try left half made is made anew, one that is whole is kept.
    """

    def ask(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if not LOCKS_NOBODY_OUT.search(sql):
            return execute(sql, params, many, context)
        if (index := INDEX.match(sql)) and _is_there(connection, index[1]):
            return None
        _wait(connection, milliseconds=0)
        done = execute(sql, params, many, context)
        _wait(connection, milliseconds=LOCK_MILLISECONDS)
        return done

    _wait(connection, milliseconds=LOCK_MILLISECONDS)
    try:
        with connection.execute_wrapper(ask):
            yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")


def _is_there(connection: BaseDatabaseWrapper, index: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(IS_WHOLE, [index])
        [is_whole] = cursor.fetchone() or [None]
        if is_whole is False:
            cursor.execute(f"DROP INDEX CONCURRENTLY {connection.ops.quote_name(index)}")
    return bool(is_whole)


def _wait(connection: BaseDatabaseWrapper, *, milliseconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {milliseconds}")


def _who(connection: BaseDatabaseWrapper) -> str:
    with connection.cursor() as cursor:
        cursor.execute(OLDEST)
        if not (found := cursor.fetchone()):
            return ""
    pid, name, seconds = found
    return f"Longest at work: process {pid} of PostgreSQL ({name or 'unnamed'}), for {seconds} s."
