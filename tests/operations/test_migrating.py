"""Migrations give way to whoever uses a table, and are done once they do not."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from operations import migrating

pytestmark = pytest.mark.django_db(transaction=True)
ALTER = "ALTER TABLE comments_vote ADD COLUMN tried int"
INDEX = 'CREATE INDEX CONCURRENTLY "tried_index" ON comments_vote (created_at)'
WHOLE = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('tried_index')"


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(migrating, "LOCK_MILLISECONDS", 50)
    monkeypatch.setattr(migrating, "PAUSES", (0.05,))
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE comments_vote DROP COLUMN IF EXISTS tried")
        cursor.execute("DROP INDEX IF EXISTS tried_index")


@contextmanager
def reading_a_table() -> Iterator[psycopg.Connection]:
    """Somebody is in the middle of reading votes."""
    with psycopg.connect(**connection.get_connection_params()) as reader:
        reader.execute("SELECT FROM comments_vote")
        yield reader


def run(*statements: str) -> Callable[[], None]:
    def migrate() -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    return migrate


def insist(migrate: Callable[[], None], *, seconds: float, told: list[str]) -> None:
    migrating.insist(migrate, connection=connection, seconds=seconds, say=told.append)


def test_a_busy_table_is_asked_for_again_until_it_is_free() -> None:
    with reading_a_table() as reader:
        gave_way = threading.Event()
        threading.Thread(target=lambda: gave_way.wait(30) and reader.rollback()).start()

        migrating.insist(
            run(ALTER), connection=connection, seconds=30, say=lambda line: gave_way.set()
        )

    with connection.cursor() as cursor:
        cursor.execute("SELECT tried FROM comments_vote")


def test_who_holds_it_all_the_time_is_named() -> None:
    with reading_a_table() as reader:
        pid = reader.info.backend_pid
        with pytest.raises(migrating.Busy, match=f"Longest at work: process {pid} of PostgreSQL"):
            insist(run(ALTER), seconds=0.2, told=[])


def test_an_index_made_concurrently_waits_as_long_as_it_takes() -> None:
    with reading_a_table() as reader:
        reader.execute("LOCK TABLE comments_vote IN ROW EXCLUSIVE MODE")  # as one who writes
        threading.Timer(0.3, reader.rollback).start()
        told: list[str] = []

        insist(run(INDEX), seconds=30, told=told)

    assert told == []


def test_an_index_that_was_left_half_made_is_made_anew_and_a_whole_one_stays() -> None:
    run(
        INDEX, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'tried_index'::regclass"
    )()

    insist(run(INDEX, INDEX), seconds=1, told=[])

    with connection.cursor() as cursor:
        cursor.execute(WHOLE)
        assert cursor.fetchall() == [(True,)]


def test_afterwards_the_connection_waits_for_locks_as_before() -> None:
    insist(run("SELECT 1"), seconds=1, told=[])

    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchall() == [("2s",)]  # as web waits


def test_the_command_says_it_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*args: object, **options: object) -> None:
        raise migrating.Busy("A table stayed busy.")

    monkeypatch.setattr(migrating, "insist", busy)

    with pytest.raises(CommandError, match="A table stayed busy"):
        call_command("migrate")
