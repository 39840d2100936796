"""What the parts of this bench share: the install, the threads, the table they fill."""

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

import psutil

from bench.asking import CONNECTIONS, Read, read
from bench.beside import BARE, NGINX
from bench.figures import Report, Target
from bench.load import UnexpectedAnswer
from bench.stage import Stage, cpu_of, pss_mb_of

if TYPE_CHECKING:
    from bench.ground import Ground

NOTHING = "–"


@dataclass(frozen=True)
class Row:
    """A line of the table. Rates as shares of those of `BARE` and `NGINX` with the same bytes in
    the same minute; what was not measured is None.
    """

    what: str
    clients: int
    per_second: float
    p50_ms: float
    p99_ms: float
    size: int | None = None
    of_bare: float | None = None
    of_nginx: float | None = None
    cpu: float | None = None
    pss_mb: float | None = None

    def told(self) -> dict[str, Any]:
        figures = {
            "per_second": _rounded(self.per_second, 0 if self.per_second >= 100 else 1),
            "of_bare": _rounded(self.of_bare, 3),
            "of_nginx": _rounded(self.of_nginx, 3),
            "p50_ms": _rounded(self.p50_ms, 2),
            "p99_ms": _rounded(self.p99_ms, 2),
            "bytes": self.size,
            "cpu_s_per_1000": _rounded(self.cpu, 3),
            "pss_mb": _rounded(self.pss_mb, 0),
        }
        told = {name: NOTHING if value is None else value for name, value in figures.items()}
        return {"read": self.what, "clients": self.clients, **told}


def _rounded(value: float | None, digits: int) -> float | int | None:
    return None if value is None else round(value, digits or None)


@dataclass
class Scene:
    """One run. `pages`: the newest comments of a thread, by how many it has."""

    here: Stage
    report: Report
    ground: "Ground"
    pages: dict[int, str]
    short: bool
    rows: list[Row] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)

    @property
    def rounds(self) -> int:
        return 3

    @property
    def seconds(self) -> float:
        """Of one slice."""
        return 1.0 if self.short else 3.0

    @property
    def largest(self) -> int:
        return max(self.pages)

    @property
    def web(self) -> psutil.Process:
        return self.here.process("product")

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.here.port}/api/v1/{path}"


def comments(size: int) -> str:
    """A thread's size in words."""
    return f"{size:,} comments".replace(",", " ")


@dataclass
class Reads:
    """Slices of reading one address each, by what is read, in the order of their rounds."""

    slices: dict[str, list[tuple[Read, float, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def take(
        self, name: str, url: str, process: psutil.Process, *, coding: str, seconds: float
    ) -> None:
        """One slice, with the CPU seconds of who answered and the memory they hold after it."""
        spent = cpu_of(process)
        done = read(url, coding=coding, seconds=seconds)
        self.slices[name].append((done, cpu_of(process) - spent, pss_mb_of(process)))

    def ratio(self, name: str, other: str) -> float | None:
        """The median of the rounds' own ratios; None where there is no other."""
        if other not in self.slices:
            return None
        pairs = zip(self.slices[name], self.slices[other], strict=True)
        return round(median(one[0].rate / two[0].rate for one, two in pairs), 3)

    def row(self, name: str, *, told: str, size: int) -> Row:
        """Medians over the rounds. Raises UnexpectedAnswer if any answer was not 200."""
        every = [done for done, _, _ in self.slices[name]]
        if faults := sum(each.faults for each in every):
            raise UnexpectedAnswer(f"{faults} answers to {told} that must not be")
        answers = sum(each.answers for each in every)
        return Row(
            told,
            CONNECTIONS,
            median(each.rate for each in every),
            median(each.p50_ms for each in every),
            median(each.p99_ms for each in every),
            size,
            of_bare=None if name == BARE else self.ratio(name, BARE),
            of_nginx=None if name == NGINX else self.ratio(name, NGINX),
            cpu=1_000 * sum(cpu for _, cpu, _ in self.slices[name]) / answers,
            pss_mb=median(held for _, _, held in self.slices[name]),
        )
