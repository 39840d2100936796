"""A back catalogue of articles, a story a line (NDJSON), plain or packed with gzip."""

import gzip
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

from articles.api import lines
from articles.api.lines import Sent
from common.json import LONGEST_BODY
from operations.progress import Meter
from publishers.models import Site

LINES_AT_ONCE = 250
PACKED = b"\x1f\x8b"


class BadInput(ValueError):
    """The file cannot be read."""


@dataclass
class Report:
    """What became of the lines of a file."""

    sent: Sent = field(default_factory=Sent)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self.sent), "seconds": round(self.seconds, 1)}


def backfill(path: Path, *, site: Site, meter: Meter) -> Report:
    """Store every story of a file, as `POST /publisher/articles` does with those of a body. Lines
    that are refused stand in nobody's way.

    May be stopped at any moment and run again: what was stored stays as it is. Raises BadInput.
    """
    begun, report = time.monotonic(), Report()
    try:
        with path.open("rb") as raw:
            meter.begin("articles", path.stat().st_size)
            numbered = _numbered(raw)
            while some := list(islice(numbered, LINES_AT_ONCE)):
                report.sent += lines.send(site, some)
                meter.reach(raw.tell())
    except (OSError, EOFError) as fault:
        raise BadInput(f"{path}: {fault}") from fault
    report.seconds = time.monotonic() - begun
    return report


def _numbered(raw: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Each line with its number. Raises BadInput for one that is too long."""
    is_packed = raw.peek(2)[:2] == PACKED  # type: ignore[attr-defined]  # a buffered file
    content = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if is_packed else raw
    number = 0
    while line := content.readline(LONGEST_BODY + 1):
        number += 1
        if len(line) > LONGEST_BODY:
            raise BadInput(f"Line {number} is longer than 1 MiB.")
        yield number, line
