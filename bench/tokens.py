"""What a token costs: the same view, asked by nobody and by readers with a token, in turn.

.venv/bin/python -m bench.tokens [--short] [--json] [--keep]
"""

import argparse
from collections.abc import Iterator
from itertools import cycle
from typing import TYPE_CHECKING

from bench import stage
from bench.figures import Figures, Report, Target, arguments, turned
from bench.stage import Stage

if TYPE_CHECKING:
    from bench.ground import Ground

READERS = 200
NOBODY, READER = "nobody", "a reader's token"


def asked(tokens: Iterator[str | None]) -> Iterator[bytes]:
    """The same request again and again, by the bearer of each token."""
    for token in tokens:
        bearer = f"Authorization: Bearer {token}\r\n" if token else ""
        yield f"GET /seen HTTP/1.1\r\nHost: 127.0.0.1\r\n{bearer}\r\n".encode()


def measure(here: Stage, report: Report, options: argparse.Namespace) -> None:
    """Slices by one client, so that latency is cost and not waiting for others."""
    from bench import ground

    rounds, seconds = (4, 1.0) if options.short else (10, 3.0)
    laid = ground.lay(readers=READERS, threads=1)
    here.start_web()
    figures = Figures()
    _round(here, laid, Figures(), turn=0, seconds=1.0)
    report.say(f"In turn, {rounds} rounds of {seconds:g} s each")
    for turn in range(rounds):
        _round(here, laid, figures, turn=turn, seconds=seconds)
    report.add("One view, one client", figures.rows())
    added = figures.row(READER)["p50_ms"] - figures.row(NOBODY)["p50_ms"]
    report.notes.append(
        f"{READERS} readers in turn. The view is one of the API's; a token is looked up with its "
        "reader by one query each time, as everywhere but where votes and comments are written."
    )
    report.targets(Target("a token adds, p50", round(added, 2), at_most=1, unit=" ms"))


def _round(here: Stage, laid: "Ground", figures: Figures, *, turn: int, seconds: float) -> None:
    callers: dict[str, list[str | None]] = {NOBODY: [None], READER: [*laid.tokens]}
    for name in turned(list(callers), turn):
        requests = asked(cycle(callers[name]))
        figures.add(
            name,
            here.slice(
                here.floor_port, requests, clients=1, seconds=seconds, status=200, rows_in=None
            ),
        )


def main() -> None:
    options = arguments("What a token costs.").parse_args()
    report = Report("tokens", options)
    with stage.opened(options.port) as here:
        measure(here, report, options)
    report.publish()


if __name__ == "__main__":
    main()
