"""The file: a zip of one member for each table, and `manifest.json`, written last.

Common tools open it: `unzip -p FILE tables/comments_comment.copy` is what `COPY … TO STDOUT` gave.
"""

import errno
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from operations.backup.catalog import Sequence, Table
from operations.progress import Meter

FORMAT = 1
MANIFEST = "manifest.json"
BLOCK = 256 * 1024
#: Texts shrink to a third; more effort would halve the speed for a tenth less.
EFFORT = 1


class Damaged(ValueError):
    """The file is not a whole backup, or not one that this release can read."""


@dataclass(frozen=True)
class Sum:
    """What a table's content comes to, as `COPY` gives it."""

    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Content:
    """A table and what it held."""

    table: Table
    sum: Sum


@dataclass(frozen=True)
class Manifest:
    """What the file holds, and where it comes from."""

    colloquy: str
    key_mark: str
    postgresql: str
    taken_at: datetime
    migrations: list[tuple[str, str]]
    sequences: list[Sequence]
    tables: list[Content] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        return sum(each.sum.bytes for each in self.tables)

    @property
    def rows(self) -> int:
        return sum(each.sum.rows for each in self.tables)

    def as_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "colloquy": self.colloquy,
            "key_mark": self.key_mark,
            "postgresql": self.postgresql,
            "taken_at": self.taken_at.isoformat(),
            "tables": [{**asdict(each.table), **asdict(each.sum)} for each in self.tables],
            "sequences": [asdict(each) for each in self.sequences],
            "migrations": self.migrations,
        }

    @classmethod
    def of_json(cls, told: dict[str, Any]) -> "Manifest":
        """The manifest that `as_json` told. Raises Damaged for another format."""
        if told.get("format") != FORMAT:
            raise Damaged(f"it has format {told.get('format')}, and this release reads {FORMAT}")
        sums = Sum.__dataclass_fields__
        return cls(
            colloquy=told["colloquy"],
            key_mark=told["key_mark"],
            postgresql=told["postgresql"],
            taken_at=datetime.fromisoformat(told["taken_at"]),
            migrations=[(app, name) for app, name in told["migrations"]],
            sequences=[Sequence(**each) for each in told["sequences"]],
            tables=[
                Content(
                    Table(**{name: value for name, value in each.items() if name not in sums}),
                    Sum(**{name: each[name] for name in sums}),
                )
                for each in told["tables"]
            ],
        )


class Stretch:
    """How far a stretch of about `total` bytes is."""

    def __init__(self, meter: Meter, what: str, total: int) -> None:
        self._meter, self._total, self._done = meter, total, 0
        meter.begin(what, total)

    def add(self, count: int) -> None:
        self.reach(self._done + count)

    def reach(self, done: int) -> None:
        self._done = min(done, self._total)
        self._meter.reach(self._done)


class Summing:
    """Blocks go through it, and it knows what they come to."""

    def __init__(self, blocks: Iterable[bytes], stretch: Stretch) -> None:
        self._blocks, self._stretch = blocks, stretch
        self._bytes, self._sha256 = 0, hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for block in self._blocks:
            self._sha256.update(block)
            self._bytes += len(block)
            self._stretch.add(len(block))
            yield block

    def end(self, rows: int) -> Sum:
        """What it was, where it was so many rows."""
        return Sum(rows, self._bytes, self._sha256.hexdigest())


class Writer:
    """A backup being written."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def store(self, table: Table, blocks: Iterable[bytes]) -> None:
        """Store a table's content."""
        with self._archive.open(_member(table), "w", force_zip64=True) as member:
            for block in blocks:
                member.write(block)

    def end(self, manifest: Manifest) -> None:
        """Say what was stored: without it the file is no backup."""
        self._archive.writestr(MANIFEST, json.dumps(manifest.as_json(), indent=1))


class Reader:
    """A backup being read."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._archive, self.manifest = archive, manifest

    def blocks(self, table: Table) -> Iterator[bytes]:
        """A table's content. Raises Damaged."""
        if _member(table) not in self._archive.namelist():
            raise Damaged(f"{table.name} is missing")
        with _whole(), self._archive.open(_member(table)) as member:
            while block := member.read(BLOCK):
                yield block

    def check(self, meter: Meter) -> None:
        """Read all of it and compare with the manifest. Raises Damaged."""
        stretch = Stretch(meter, "checking", self.manifest.bytes)
        for content in self.manifest.tables:
            summing = Summing(self.blocks(content.table), stretch)
            rows = sum(block.count(b"\n") for block in summing)
            if summing.end(rows) != content.sum:
                raise Damaged(f"{content.table.name} is not what the manifest says")


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A new file at `path`, for its owner's eyes only. It gets its name when it is whole and on
    disk; whatever happens before leaves nothing behind. Raises FileExistsError.
    """
    if path.exists():
        raise FileExistsError(errno.EEXIST, "is there already", str(path))
    unfinished = path.with_name(f".{path.name}.unfinished-{os.getpid()}")
    try:
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            packing = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=EFFORT)
            with packing as archive:
                yield Writer(archive)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    finally:
        with suppress(FileNotFoundError):
            unfinished.unlink()
    _remember(path.parent)


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """The backup at `path`. Raises Damaged, OSError."""
    with _whole():
        archive = zipfile.ZipFile(path)
    with archive:
        yield Reader(archive, _manifest(archive))


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        with _whole():
            return Manifest.of_json(json.loads(archive.read(MANIFEST)))
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as fault:
        raise Damaged("it has no manifest that this release understands") from fault


@contextmanager
def _whole() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError) as fault:
        raise Damaged(str(fault)) from fault


def _member(table: Table) -> str:
    return f"tables/{table.name}.copy"


def _remember(folder: Path) -> None:
    """Have the folder's new entry outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
