"""Taking a backup: all tables as of one moment, while readers go on posting."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from common import clock
from operations.backup import archive, catalog
from operations.backup.archive import BLOCK, Content, Manifest, Stretch, Sum, Summing
from operations.backup.catalog import Table
from operations.progress import Meter
from operations.release import key_mark, release


@dataclass(frozen=True)
class Report:
    """The file that was written, and what is in it."""

    file: Path
    file_bytes: int
    seconds: float
    manifest: Manifest

    def as_json(self) -> dict[str, Any]:
        return {
            "file": str(self.file),
            "file_bytes": self.file_bytes,
            "rows": self.manifest.rows,
            "bytes": self.manifest.bytes,
            "seconds": round(self.seconds, 2),
            **self.manifest.as_json(),
        }


def take(place: Path, *, meter: Meter) -> Report:
    """Write a backup to the file `place`, or into the folder `place` under a name that says when.

    One transaction reads all tables in one snapshot and writes nothing, so that neither readers
    nor workers notice. Raises OSError; DatabaseError.
    """
    begun = time.monotonic()
    path = place / f"colloquy-{clock.now():%Y%m%dT%H%M%SZ}.zip" if place.is_dir() else place
    names = catalog.table_names()
    with archive.writing(path) as writer, transaction.atomic():
        _open_snapshot(names)
        manifest = _manifest()
        manifest.tables.extend(_store_all(writer, meter))
        writer.end(manifest)
    return Report(path, path.stat().st_size, time.monotonic() - begun, manifest)


class Outgoing:
    """A table's rows on their way out of the database."""

    def __init__(self, table: Table, stretch: Stretch) -> None:
        self.rows = 0
        self.table = table
        self._summing = Summing(self._blocks(), stretch)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._summing)

    @property
    def sum(self) -> Sum:
        return self._summing.end(self.rows)

    def _blocks(self) -> Iterator[bytes]:
        block = bytearray()
        with connection.cursor() as cursor, cursor.copy(self.table.copy_out) as rows:
            for row in rows:
                self.rows += 1
                block += row
                if len(block) >= BLOCK:
                    yield bytes(block)
                    block.clear()
        yield bytes(block)


def _open_snapshot(names: list[str]) -> None:
    """Make this transaction see one moment until its end, with the tables held against changes of
    their shape. They are locked before anything is read: what we waited for is then in sight.
    """
    listed = sql.SQL(", ").join(map(sql.Identifier, names))
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(listed))
    catalog.settle_session()


def _manifest() -> Manifest:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp(), current_setting('server_version')")
        taken_at, server = cursor.fetchone()
    return Manifest(
        colloquy=release(),
        key_mark=key_mark(),
        postgresql=server,
        taken_at=taken_at.astimezone(UTC),
        migrations=sorted(MigrationRecorder(connection).applied_migrations()),
        sequences=catalog.sequences(),
    )


def _store_all(writer: archive.Writer, meter: Meter) -> Iterator[Content]:
    tables = catalog.tables()
    sizes = catalog.sizes([table.name for table in tables])
    stretch = Stretch(meter, "backup", sum(sizes.values()))
    done = 0
    for table in tables:
        rows = Outgoing(table, stretch)
        writer.store(table, rows)
        done += sizes[table.name]
        stretch.reach(done)
        yield Content(table, rows.sum)
