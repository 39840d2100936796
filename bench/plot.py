"""Draws docs/images/cost-by-size.svg from the last kept run of `bench.reading`.

.venv/bin/python -m bench.plot
"""

import math
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from bench import kept

PICTURE = Path(__file__).parent.parent / "docs" / "images" / "cost-by-size.svg"
WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 64, 560, 56, 322
LABEL_HEIGHT = 18
SIZES, MILLISECONDS = (10, 1_000_000), (0.01, 100)
WANTED_MS = 3
#: Colours of the desk, so that a page is read in the light and in the dark.
STYLE = """
  text { font: 13px system-ui, "Noto Sans", sans-serif; fill: #1d2126 }
  .title { font-size: 15px; font-weight: 600 } .soft { fill: #565f69 }
  .ground { fill: #fff } .line { stroke: #d9dbde } .wanted { stroke: #868e98 }
  .memory { --own: #1e6b3a } .first { --own: #1f5f8b } .after { --own: #7a5200 }
  polyline { fill: none; stroke: var(--own); stroke-width: 2.5 }
  circle, .name { fill: var(--own) }
  @media (prefers-color-scheme: dark) {
    text { fill: #e8eaed } .soft { fill: #a9b1bb }
    .ground { fill: #1e2125 } .line { stroke: #363b42 } .wanted { stroke: #7d8691 }
    .memory { --own: #86d3a0 } .first { --own: #8cc3e8 } .after { --own: #efc16b }
  }
"""


@dataclass(frozen=True)
class Curve:
    """Milliseconds by thread size."""

    style: str
    name: str
    points: dict[int, float]


def curves(rows: Iterable[dict[str, Any]]) -> list[Curve]:
    """From the table of reads: CPU of a hit, and of renders the slowest order of each size."""
    memory: dict[int, float] = {}
    first: dict[int, float] = defaultdict(float)
    after: dict[int, float] = defaultdict(float)
    for row in rows:
        if not (found := re.fullmatch(r"([\d ]+) comments, (.+)", row["read"])):
            continue
        size, what = int(found[1].replace(" ", "")), found[2]
        if what == "first page, gzip":
            memory[size] = row["cpu_s_per_1000"]  # seconds of a thousand: milliseconds of one
        elif what.endswith("first page, rendered"):
            first[size] = max(first[size], row["p50_ms"])
        elif what.endswith("pages after it, rendered"):
            after[size] = max(after[size], row["p50_ms"])
    return [
        Curve("first", "first page, rendered", first),
        Curve("after", "pages after it, rendered", after),
        Curve("memory", "from memory (CPU)", memory),
    ]


def picture(drawn: Sequence[Curve]) -> str:
    """The whole of it."""
    title = "What a page costs, by the comments of its thread"
    frame = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
    parts = [
        f'<svg {frame} aria-label="{title}">',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}" rx="6"/>',
        _text(LEFT, 30, title, "title"),
        *_axes(),
        *(part for curve in drawn for part in _curve(curve)),
        *_names(drawn),
    ]
    return "\n".join([*parts, "</svg>\n"])


def _axes() -> Iterator[str]:
    for exponent in range(-2, 3):
        y = _y(10.0**exponent)
        yield f'<path class="line" d="M{LEFT} {y:g}H{RIGHT}"/>'
        yield _text(LEFT - 8, y + 4, f"{10.0**exponent:g}", "soft", "end")
    yield _text(LEFT - 8, TOP - 12, "ms", "soft", "end")
    for size in (10, 1_000, 100_000, 1_000_000):
        yield _text(_x(size), BOTTOM + 22, f"{size:,}".replace(",", " "), "soft", "middle")
    yield _text((LEFT + RIGHT) / 2, BOTTOM + 44, "comments in the thread", "soft", "middle")
    y = _y(WANTED_MS)
    yield f'<path class="wanted" stroke-dasharray="4 4" d="M{LEFT} {y:g}H{RIGHT}"/>'


def _curve(curve: Curve) -> Iterator[str]:
    places = [(_x(size), _y(ms)) for size, ms in sorted(curve.points.items())]
    line = " ".join(f"{x:g},{y:g}" for x, y in places)
    yield f'<g class="{curve.style}"><polyline points="{line}"/>'
    yield from (f'<circle cx="{x:g}" cy="{y:g}" r="4"/>' for x, y in places)
    yield "</g>"


def _names(drawn: Sequence[Curve]) -> Iterator[str]:
    """Beside the ends of the curves, one below the other where these are close."""
    ends = [(_y(curve.points[max(curve.points)]), curve.name, curve.style) for curve in drawn]
    free = 0.0
    for end, name, style in sorted([*ends, (_y(WANTED_MS), f"wanted: {WANTED_MS} ms", "")]):
        free = max(free + LABEL_HEIGHT, end + 4)
        said = _text(RIGHT + 12, free, name, "name" if style else "soft")
        yield f'<g class="{style}">{said}</g>'


def _text(x: float, y: float, said: str, style: str, anchor: str = "start") -> str:
    return f'<text class="{style}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(said)}</text>'


def _x(size: float) -> float:
    return round(_along(size, SIZES, LEFT, RIGHT), 1)


def _y(milliseconds: float) -> float:
    return round(_along(milliseconds, MILLISECONDS, BOTTOM, TOP), 1)


def _along(value: float, ends: tuple[float, float], start: float, stop: float) -> float:
    """Where a value lies on a logarithmic axis."""
    low, high = (math.log(each) for each in ends)
    return start + (stop - start) * (math.log(value) - low) / (high - low)


def draw() -> None:
    """Write the picture anew."""
    if not (tables := kept.last("reading")):
        sys.exit("No run of bench.reading is kept: python -m bench.reading --keep")
    PICTURE.write_text(picture(curves(tables["Reading"])))


if __name__ == "__main__":
    draw()
