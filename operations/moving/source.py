"""An export as a stream of bytes: unpacked where it is gzipped, and refused where it is a bomb."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from zlib import error as BadDeflate  # noqa: N812  (an exception)

from operations.moving.records import LONGEST_RECORD, BadExport
from operations.progress import Meter

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
#: Texts shrink to a twentieth. What swells to two hundred times its size was made to.
MOST_SWELLING, FREE_BYTES = 200, 100_000_000


@dataclass(frozen=True)
class Source:
    """A file, or for Coral a folder of them, that another system wrote."""

    path: Path
    meter: Meter

    def beside(self, name: str) -> "Source":
        """A file in the folder."""
        return Source(self.path / name, self.meter)

    @contextmanager
    def stream(self) -> Iterator["Stream"]:
        """The file's bytes, the meter told how many were read. Raises BadExport."""
        if self.path.is_dir():
            raise BadExport(f"{self.path} is a folder, not a file.")
        try:
            with self.path.open("rb") as raw:
                start = raw.read(4)
                raw.seek(0)
                if start == ZIP:
                    raise BadExport(f"{self.path.name} is a zip file: give the file inside it.")
                self.meter.begin("reading", self.path.stat().st_size)
                if start[:2] == GZIP:
                    with gzip.open(raw) as unpacked:
                        yield Stream(self, unpacked, raw)
                else:
                    yield Stream(self, raw, raw)
        except (OSError, EOFError, BadDeflate) as fault:
            raise BadExport(f"{self.path.name} cannot be read: {fault}.") from fault


class Stream:
    """What is read of a source, by bytes or by lines."""

    def __init__(self, source: Source, unpacked: IO[bytes] | gzip.GzipFile, raw: IO[bytes]) -> None:
        self.source = source
        self.name = source.path.name
        self.unpacked, self.raw = unpacked, raw
        self.size = 0

    def read(self, size: int = 65_536) -> bytes:
        """So many bytes at most; none at the end. Raises BadExport."""
        return self._noted(self.unpacked.read(size))

    def lines(self) -> Iterator[bytes]:
        """Its lines, without those that are empty. Raises BadExport."""
        while line := self._noted(self.unpacked.readline(LONGEST_RECORD)):
            if len(line) == LONGEST_RECORD:
                raise BadExport(f"{self.name} has a line of over {LONGEST_RECORD:,} bytes.")
            if line.strip():
                yield line

    def _noted(self, chunk: bytes) -> bytes:
        self.size += len(chunk)
        packed = self.raw.tell()
        if self.size > FREE_BYTES and self.size > MOST_SWELLING * packed:
            raise BadExport(
                f"{self.name} unpacks to over {MOST_SWELLING} times its size: it is no export."
            )
        self.source.meter.reach(packed)
        return chunk
