"""Names that imitate others, tried on the rules: how many of each kind are refused.

The file has one JSON object a line: `name`, which is imitated, `payload`, which somebody types, and
`kind`; those of kind `legit` are real names. Who is imitated counts as protected, as the names of
staff and sites are; the lines "of nobody in particular" tell what the rules do for other names.
"""

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from accounts import names
from accounts.impersonation import passes_for_staff

FILE = Path("name_spoofing") / "dev.jsonl.gz"


@dataclass(frozen=True)
class Row:
    """How one kind fared."""

    kind: str
    rows: int
    refused: int
    target: str

    @property
    def passed(self) -> bool:
        return self.refused == 0 if self.target == "none" else self.refused >= 0.95 * self.rows


def measure(data: Path) -> list[Row]:
    """The figures of every kind in `data`'s file."""
    with gzip.open(data / FILE, "rt", encoding="utf-8") as file:
        tried = [json.loads(line) for line in file]
    kinds = list(dict.fromkeys(each["kind"] for each in tried))
    rows = []
    for kind in kinds:
        of_kind = [each for each in tried if each["kind"] == kind]
        anyone = [(each["payload"], []) for each in of_kind]
        if kind == "legit":
            rows.append(_row(kind, anyone, "none"))
            continue
        rows.append(_row(kind, ((each["payload"], [each["name"]]) for each in of_kind), "95 %"))
        rows.append(_row(f"{kind}, of nobody in particular", anyone, "95 %"))
    return rows


def _row(kind: str, tried: Iterable[tuple[str, list[str]]], target: str) -> Row:
    outcomes = [is_refused(text, protected=protected) for text, protected in tried]
    return Row(kind, len(outcomes), sum(outcomes), target)


def is_refused(text: str, *, protected: list[str]) -> bool:
    """Whether no reader may take this name where `protected` are staff."""
    try:
        name = names.tidy(text)
    except names.BadName:
        return True
    return passes_for_staff(name, protected)
