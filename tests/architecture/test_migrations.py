"""Every migration of ours can run while readers do and the former release is still there."""

import re

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from operations.development import PROJECT
from tests.architecture.online import faults

#: The last of each app that came before this was promised: they want everything stopped.
BEFORE = {
    "accounts": 9,
    "articles": 5,
    "comments": 12,
    "moderation": 3,
    "notifications": 2,
    "operations": 1,
    "outbox": 2,
    "publishers": 7,
}


@pytest.mark.django_db
def test_no_migration_locks_readers_out_or_breaks_the_former_release() -> None:
    loader = MigrationLoader(connection)
    found = {}
    for (app, name), migration in loader.disk_migrations.items():
        if app in BEFORE and int(name[:4]) > BEFORE[app]:
            statements = loader.collect_sql([(migration, False)])
            since = getattr(migration, "unread_since", "")
            found[f"{app}.{name}"] = list(faults(statements, unread_since=since))

    assert {name: why for name, why in found.items() if why} == {}


def test_what_is_taken_away_was_unread_in_a_release_that_there_was() -> None:
    released = set(
        re.findall(r"^## \[([\d.]+)\]", (PROJECT / "CHANGELOG.md").read_text(), re.MULTILINE)
    )
    named = {
        str(path.relative_to(PROJECT)): since
        for path in PROJECT.glob("*/migrations/0*.py")
        for since in re.findall(r'^    unread_since = "(.*)"', path.read_text(), re.MULTILINE)
    }

    assert {path: since for path, since in named.items() if since not in released} == {}


@pytest.mark.parametrize(
    "statement",
    [
        # an index that everybody waits for
        'CREATE INDEX "a" ON "comments_comment" ("body");',
        'CREATE UNIQUE INDEX "a" ON "comments_comment" ("body");',
        # all rows are read under a lock
        'ALTER TABLE "comments_comment" ADD CONSTRAINT "a" CHECK ("depth" < 60);',
        'ALTER TABLE "comments_vote" ADD CONSTRAINT "a" FOREIGN KEY ("b") REFERENCES "c" ("id");',
        'ALTER TABLE "comments_vote" ADD CONSTRAINT "a" UNIQUE ("b", "c");',
        'ALTER TABLE "comments_comment" ALTER COLUMN "body" SET NOT NULL;',
        # all rows are written anew
        'ALTER TABLE "comments_comment" ALTER COLUMN "depth" TYPE bigint USING "depth"::bigint;',
        'ALTER TABLE "comments_comment" ADD COLUMN "a" uuid DEFAULT gen_random_uuid() NOT NULL;',
        'ALTER TABLE "comments_comment" ADD COLUMN "a" int GENERATED ALWAYS AS (depth) STORED;',
        # the former release does not know of it
        'ALTER TABLE "publishers_site" ADD COLUMN "a" boolean NOT NULL;',
        'ALTER TABLE "publishers_site" ALTER COLUMN "a" DROP DEFAULT;',
        # or still reads it
        'ALTER TABLE "publishers_site" RENAME COLUMN "name" TO "title";',
        'ALTER TABLE "publishers_site" RENAME TO "publishers_place";',
        'ALTER TABLE "publishers_site" DROP COLUMN "name" CASCADE;',
        'DROP TABLE "publishers_apikey" CASCADE;',
    ],
)
def test_what_would_stop_somebody_is_found(statement: str) -> None:
    assert len(list(faults([statement]))) == 1


@pytest.mark.parametrize(
    "statements",
    [
        # whatever is done to a table of its own
        ['CREATE TABLE "comments_x" ("a" int);', 'CREATE INDEX "i" ON "comments_x" ("a");'],
        # what takes a moment
        ['ALTER TABLE "comments_comment" ADD COLUMN "a" varchar(20) NULL;'],
        ['ALTER TABLE "comments_comment" ADD COLUMN "a" integer DEFAULT 0 NOT NULL;'],
        ['ALTER TABLE "comments_comment" ADD CONSTRAINT "a" CHECK ("depth" < 60) NOT VALID;'],
        # what locks nobody out
        ['ALTER TABLE "comments_comment" VALIDATE CONSTRAINT "a";'],
        ['CREATE INDEX CONCURRENTLY "a" ON "comments_comment" ("body");'],
        # what few rows bear
        ['CREATE INDEX "a" ON "publishers_site" ("name");'],
    ],
)
def test_what_readers_do_not_notice_may_run(statements: list[str]) -> None:
    assert list(faults(statements)) == []


def test_what_no_release_reads_may_be_taken_away() -> None:
    statement = 'ALTER TABLE "publishers_site" DROP COLUMN "name" CASCADE;'

    assert list(faults([statement], unread_since="0.4")) == []
