"""The last kept run of each bench: figures in results/, and all of them to read in RESULTS.md.

.venv/bin/python -m bench.kept
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"
PAGE = Path(__file__).parent / "RESULTS.md"
ORDER = ("reading", "scale", "live", "posting", "voting", "screening", "tokens", "caches")
#: These have pages of their own.
ELSEWHERE = "faults-"
INTRODUCTION = """\
# Results

The last run of each bench, as it was measured. [README.md](README.md) tells what the figures mean,
[performance.md](../docs/performance.md) where the time of a read goes. Ratios say more than rates:
they compare what was measured in turn within the same minute.
"""


def keep(name: str, tables: dict[str, Any]) -> None:
    """Put a run in the place of the last one."""
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(tables, indent=2, ensure_ascii=False)
    (FOLDER / f"{name}.json").write_text(text + "\n")
    write()


def last(name: str) -> dict[str, Any] | None:
    """The tables of a bench's last run, by their titles, beside its `notes`."""
    path = FOLDER / f"{name}.json"
    tables: dict[str, Any] | None = json.loads(path.read_text()) if path.exists() else None
    return tables


def write() -> None:
    """RESULTS.md from what is kept."""
    parts = [INTRODUCTION]
    others = sorted(path.stem for path in FOLDER.glob("*.json") if path.stem not in ORDER)
    for name in (*ORDER, *others):
        if not name.startswith(ELSEWHERE) and (tables := last(name)):
            parts += [f"## {name.capitalize()}\n", *_told(tables)]
    PAGE.write_text("\n".join(parts))


def _told(tables: dict[str, Any]) -> Iterator[str]:
    for note in tables["notes"]:
        yield f"{note}\n"
    for title, rows in tables.items():
        if title == "notes":
            continue
        columns = list(rows[0])
        yield f"### {title}\n"
        yield _line(column.replace("_", " ") for column in columns)
        yield "|" + "---|" * len(columns)
        yield from (_line(str(value) for value in row.values()) for row in rows)
        yield ""


def _line(cells: Iterator[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    write()
