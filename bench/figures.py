"""Figures from slices: medians over rounds, ratios of neighbours, tables, and what is kept."""

import argparse
import json
import os
import re
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import kept
from bench.load import Slice


def machine() -> str:
    """Cores and processor, as far as the system tells."""
    cores = f"{os.cpu_count()} cores"
    with suppress(OSError):
        named = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        cores += f" ({named[1]})" if named else ""
    return cores


@dataclass
class Figures:
    """Slices by what was measured, in the order of their rounds."""

    slices: dict[str, list[Slice]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, measured: Slice) -> None:
        self.slices[name].append(measured)

    def row(self, name: str) -> dict[str, Any]:
        """Median rate over the rounds; percentiles over all answers; CPU time of web
        processes and PostgreSQL for each answer; the load's share and that of strangers, in cores.
        """
        every = self.slices[name]
        latencies = sorted(each for one in every for each in one.latencies)
        rates = [one.rate for one in every]
        seconds = sum(one.seconds for one in every)
        others = self._spent(name, "machine") - self._spent(name, "ours")
        return {
            "measured": name,
            "clients": every[0].clients,
            "per_second": round(median(rates)),
            "lowest": round(min(rates)),
            "highest": round(max(rates)),
            "p50_ms": round(1_000 * percentile(latencies, 0.50), 2),
            "p99_ms": round(1_000 * percentile(latencies, 0.99), 2),
            "answers": len(latencies),
            "web_cpu_ms": self._cpu_ms(name, "web"),
            "db_cpu_ms": self._cpu_ms(name, "postgres"),
            "load_cpu": f"{sum(one.cpu_seconds for one in every) / seconds:.0%}",
            "others_cpu": f"{max(others, 0) / seconds:.0%}",
        }

    def ratio(self, name: str, other: str) -> float:
        """The median of the rounds' own ratios: what slows a whole round leaves it alone."""
        pairs = zip(self.slices[name], self.slices[other], strict=True)
        return round(median(one.rate / two.rate for one, two in pairs), 3)

    def cpu_ratio(self, name: str, other: str) -> float:
        """How many of `name` a CPU second of web and database makes, against `other`. It hardly
        depends on what else the machine does.
        """
        cost = [sum(self._cpu_ms(one, who) for who in ("web", "postgres")) for one in (name, other)]
        return round(cost[1] / cost[0], 3) if cost[0] else float("nan")

    def _cpu_ms(self, name: str, who: str) -> float:
        answers = sum(len(one.latencies) for one in self.slices[name])
        return round(1_000 * self._spent(name, who) / answers, 2)

    def _spent(self, name: str, who: str) -> float:
        return sum(one.spent.get(who, 0.0) for one in self.slices[name])

    def rows(self) -> list[dict[str, Any]]:
        return [self.row(name) for name in self.slices]


@dataclass(frozen=True)
class Target:
    """A figure that has to be reached."""

    what: str
    figure: float
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""

    @property
    def met(self) -> bool:
        low = self.at_least is None or self.figure >= self.at_least
        return low and (self.at_most is None or self.figure <= self.at_most)

    def as_row(self) -> dict[str, Any]:
        wanted = f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"
        return {
            "target": self.what,
            "figure": f"{self.figure:g}{self.unit}",
            "wanted": f"{wanted}{self.unit}",
            "met": "yes" if self.met else "no",
        }


def turned(names: list[str], turn: int) -> list[str]:
    """The order of a round: each round begins one further on, so that no slice has a fixed place
    behind another.
    """
    at = turn % len(names)
    return names[at:] + names[:at]


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of an ordered sequence lies (nearest rank)."""
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


def arguments(what: str) -> argparse.ArgumentParser:
    """The options that all benches share."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--short", action="store_true", help="a minute or two; coarse figures")
    parser.add_argument("--port", type=int, default=8180, help="the first of two free ports")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--keep", action="store_true", help="keep this run in RESULTS.md")
    return parser


Rows = list[dict[str, Any]]


class Report:
    """Titled tables, and sentences on how they were measured. Printed, and kept if asked."""

    def __init__(self, name: str, options: argparse.Namespace) -> None:
        self.name, self.options = name, options
        self.tables: dict[str, Rows] = {}
        self.notes: list[str] = [
            f"{date.today():%d %B %Y}, {machine()}, shared by the servers, PostgreSQL and the load."
        ]
        self.console = Console(stderr=True, highlight=False)

    def say(self, line: str) -> None:
        """Progress, for who watches."""
        self.console.print(line, style="dim")

    def add(self, title: str, rows: Rows) -> None:
        self.tables[title] = rows

    def targets(self, *targets: Target) -> None:
        self.add("Targets", [target.as_row() for target in targets])

    def publish(self) -> None:
        """Print it; with `--keep` write it to bench/results, and RESULTS.md anew."""
        whole = {"notes": self.notes, **self.tables}
        if self.options.json:
            print(json.dumps(whole, indent=2, ensure_ascii=False))
        else:
            self._print()
        if self.options.keep:
            kept.keep(self.name, whole)

    def _print(self) -> None:
        console = Console(highlight=False, width=150)
        for title, rows in self.tables.items():
            table = Table(title=title, title_justify="left")
            for column in rows[0]:
                table.add_column(column.replace("_", " "))
            for row in rows:
                table.add_row(*(str(value) for value in row.values()))
            console.print(table)
        for note in self.notes:
            console.print(note)
