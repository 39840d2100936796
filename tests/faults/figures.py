"""What a trial found, as a row of a table."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

COLUMNS = ("trial", "sent", "acknowledged", "decided", "doubled", "lost", "recovery", "beside")
HEADINGS = {"recovery": "recovered in", "beside": "and"}


@dataclass
class Figures:
    """`recovery`: seconds from the end of the fault until all was as it should be."""

    trial: str
    sent: int = 0
    acknowledged: int = 0
    decided: int = 0
    doubled: int = 0
    lost: int = 0
    recovery: float | None = None
    beside: str = ""

    def row(self) -> dict[str, Any]:
        return asdict(self)


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows as a Markdown table."""
    lines = [[HEADINGS.get(name, name) for name in COLUMNS], ["---"] * len(COLUMNS)]
    lines += [[_cell(name, row[name]) for name in COLUMNS] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def keep(rows: list[Mapping[str, Any]], *, seed: str, folder: Path) -> list[Path]:
    """Write the rows down, for people and for programs. Gives the files."""
    folder.mkdir(parents=True, exist_ok=True)
    as_json, as_table = folder / f"faults-{seed}.json", folder / f"faults-{seed}.md"
    as_json.write_text(json.dumps({"seed": seed, "trials": rows}, indent=2) + "\n")
    as_table.write_text(f"Seed {seed}\n\n{table(rows)}\n")
    return [as_json, as_table]


def _cell(name: str, value: Any) -> str:
    if name == "recovery":
        return "" if value is None else f"{value:.1f} s"
    return f"{value:,}".replace(",", " ") if isinstance(value, int) else str(value)
