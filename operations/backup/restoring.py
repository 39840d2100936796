"""Putting a backup back: all of it, proved equal, or nothing."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from comments.services import versions
from notifications.services import restorations
from operations.backup import archive, catalog
from operations.backup.archive import Damaged, Manifest, Reader, Stretch
from operations.backup.catalog import Sequence
from operations.backup.taking import Outgoing
from operations.progress import Meter
from operations.release import key_marks, release

#: What `migrate` itself fills: a database with rows in these alone holds nothing of anybody's.
MIGRATE_FILLS = {"auth_permission", "django_content_type", "django_migrations"}
#: Ids that were given out between the backup and the loss are never given out again.
IDS_LEFT_OUT = 1_000_000_000


class Refused(Exception):
    """The backup cannot be put back here; the text says why. Nothing was changed."""


@dataclass(frozen=True)
class Report:
    """What was put back, and what of it was then set aside."""

    manifest: Manifest
    seconds: float
    set_aside: int

    @property
    def key_differs(self) -> bool:
        """Whether second factors and signatures of then do not open here."""
        return self.manifest.key_mark not in key_marks()

    def as_json(self) -> dict[str, Any]:
        return {
            "taken_at": self.manifest.taken_at.isoformat(),
            "rows": self.manifest.rows,
            "bytes": self.manifest.bytes,
            "tables": {each.table.name: asdict(each.sum) for each in self.manifest.tables},
            "key_differs": self.key_differs,
            "deliveries_set_aside": self.set_aside,
            "seconds": round(self.seconds, 2),
        }


def check(path: Path, *, meter: Meter) -> Manifest:
    """Read a backup from end to end and compare it with its manifest. Asks no database. Raises
    Damaged, OSError.
    """
    with archive.reading(path) as backup:
        backup.check(meter)
        return backup.manifest


def restore(path: Path, *, replace: bool, meter: Meter) -> Report:
    """Put a backup into an empty database, or with `replace` in the place of what is there.

    The file is read through before anything is touched. Rows are loaded, compared and made safe
    to run on in one transaction. Where the tables are not those of the backup's release they are
    first made anew, empty; `migrate_on` then brings them to this release. Raises Refused, Damaged,
    OSError; DatabaseError.
    """
    begun = time.monotonic()
    with archive.reading(path) as backup:
        _refuse_newer(backup.manifest)
        _refuse_company()
        if not replace:
            _refuse_filled()
        backup.check(meter)
        if MigrationRecorder(connection).applied_migrations().keys() != set(
            backup.manifest.migrations
        ):
            _make_anew(backup.manifest)
        with transaction.atomic():
            catalog.settle_session()
            _load(backup, meter)
            _compare(backup.manifest, meter)
            set_aside = _make_safe(backup.manifest.taken_at, backup.manifest.sequences)
    return Report(backup.manifest, time.monotonic() - begun, set_aside)


@transaction.atomic
def recovered(as_of: datetime) -> int:
    """Make a database safe to run on that came back as of `as_of` without us, as by recovery to a
    point in time. Gives how many deliveries were set aside. Raises Refused.
    """
    _refuse_company()
    return _make_safe(as_of, catalog.sequences())


def _make_safe(as_of: datetime, sequences: list[Sequence]) -> int:
    """Give out no id and no version a second time, and send nothing a second time."""
    _leave_ids_out(sequences)
    versions.move_all_on()
    return restorations.note(backup_taken_at=as_of)


def _refuse_newer(manifest: Manifest) -> None:
    known = set(MigrationExecutor(connection).loader.disk_migrations)
    unknown = [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]
    if unknown or _ordered(manifest.colloquy) > _ordered(release()):
        what = f", and has the migration {unknown[0]}" if unknown else ""
        raise Refused(
            f"This backup is of Colloquy {manifest.colloquy}{what}; here is {release()}. Install"
            " the release that it was taken with, or a later one."
        )


def _ordered(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _refuse_company() -> None:
    if others := catalog.other_connections():
        raise Refused(
            f"Somebody else is connected to this database: {', '.join(others)}. Stop web, workers"
            " and beat first, and whatever pools their connections."
        )


def _refuse_filled() -> None:
    if filled := filled_tables():
        raise Refused(
            f"This database is not empty: there are rows in {', '.join(filled)}. Restore into a"
            " new one, or say --replace to wipe it."
        )


def filled_tables() -> list[str]:
    """Tables with rows that `migrate` did not put there. One query for each table."""
    filled = []
    with connection.cursor() as cursor:
        for name in sorted(set(catalog.table_names()) - MIGRATE_FILLS):
            cursor.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(name)))
            if cursor.fetchone()[0]:
                filled.append(name)
    return filled


def _make_anew(manifest: Manifest) -> None:
    """Drop our tables and make those of the backup's release, empty."""
    _refuse_strangers(manifest)
    _drop_all()
    executor = MigrationExecutor(connection)
    leaves, wanted = executor.loader.graph.leaf_nodes(), set(manifest.migrations)
    plan = executor.migration_plan(leaves, clean_start=True)
    executor.migrate(leaves, [step for step in plan if (step[0].app_label, step[0].name) in wanted])


def _refuse_strangers(manifest: Manifest) -> None:
    ours = {content.table.name for content in manifest.tables}
    ours.update(connection.introspection.django_table_names(), MIGRATE_FILLS)
    if strangers := set(catalog.table_names()) - ours:
        raise Refused(
            f"There are tables here that are not Colloquy's: {', '.join(sorted(strangers))}."
            " Restore into a database of its own."
        )


def _drop_all() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for name in catalog.table_names():
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(sql.Identifier(name)))
        for signature in catalog.trigger_functions():
            cursor.execute(f"DROP FUNCTION IF EXISTS {signature} CASCADE")


def _load(backup: Reader, meter: Meter) -> None:
    """Fill the tables. Triggers and foreign keys are away meanwhile: what they guard was sound
    when it was written, and keys are checked anew when they come back.
    """
    tables = {content.table.name: content.table for content in backup.manifest.tables}
    here = {table.name: table for table in catalog.tables()}
    if missing := sorted(tables.keys() - here.keys()):
        raise Refused(
            f"No migration makes {', '.join(missing)}, and the backup holds it. Make it first."
        )
    for name, table in tables.items():
        if set(table.columns) != set(here[name].columns):
            raise Refused(f"{name} has other columns here than in the backup.")
    stretch = Stretch(meter, "loading", backup.manifest.bytes)
    names = sql.SQL(", ").join(map(sql.Identifier, here))
    with connection.cursor() as cursor, _unguarded(cursor):
        cursor.execute(sql.SQL("TRUNCATE {}").format(names))
        for table in tables.values():
            with cursor.copy(table.copy_in) as copy:
                for block in backup.blocks(table):
                    copy.write(block)
                    stretch.add(len(block))


@contextmanager
def _unguarded(cursor: CursorWrapper) -> Iterator[None]:
    """Without triggers and foreign keys, which a table's owner may take away and put back."""
    keys, triggers = catalog.foreign_keys(), catalog.triggers()
    for table, name, _ in keys:
        cursor.execute(_alter(table, "DROP CONSTRAINT {}", name))
    for table, name, _ in triggers:
        cursor.execute(_alter(table, "DISABLE TRIGGER {}", name))
    yield
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table, name, mode in triggers:
        cursor.execute(_alter(table, f"ENABLE {MODES[mode]}TRIGGER {{}}", name))
    for table, name, definition in keys:
        cursor.execute(_alter(table, f"ADD CONSTRAINT {{}} {definition}", name))


#: How pg_trigger.tgenabled says in which sessions a trigger fires, and how ALTER TABLE does.
MODES = {"O": "", "A": "ALWAYS ", "R": "REPLICA "}


def _alter(table: str, how: str, name: str) -> sql.Composed:
    what = sql.SQL(how).format(sql.Identifier(name))
    return sql.SQL("ALTER TABLE {} {}").format(sql.Identifier(table), what)


def _compare(manifest: Manifest, meter: Meter) -> None:
    """Read the tables again: the same rows, to the byte. Raises Damaged."""
    stretch = Stretch(meter, "comparing", manifest.bytes)
    for content in manifest.tables:
        rows = Outgoing(content.table, stretch)
        for _ in rows:
            pass
        if rows.sum != content.sum:
            raise Damaged(f"{content.table.name} came out otherwise than it went in")


def _leave_ids_out(sequences: list[Sequence]) -> None:
    """Take up the sequences where they were, or far beyond where a column has room for it."""
    with connection.cursor() as cursor:
        for each in sequences:
            last = (each.last or 0) + IDS_LEFT_OUT if each.is_big else each.last
            if last is not None:
                owned = "pg_get_serial_sequence(quote_ident(%s), %s)"
                name = owned if each.table else "quote_ident(%s)"
                which = [each.table, each.column] if each.table else [each.name]
                cursor.execute(f"SELECT setval({name}, %s)", [*which, last])


def migrate_on() -> None:
    """Bring the tables to this release, and tell the planner what is in them."""
    ContentType.objects.clear_cache()
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        names = sql.SQL(", ").join(map(sql.Identifier, catalog.table_names()))
        cursor.execute(sql.SQL("ANALYZE {}").format(names))
