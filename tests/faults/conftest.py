"""One install for all trials of a run, with limits off and a broker that can be taken away."""

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest

from operations.development import PROJECT
from tests.faults import figures
from tests.faults.figures import Figures
from tests.faults.scale import LONG_WANTED
from tests.faults.scene import Scene, set_up

SEED = os.environ.get("SEED") or str(random.SystemRandom().randrange(1_000_000))
#: Of what the processes said, the last lines.
LAST = 150
RESULTS = PROJECT / "bench" / "results"


@pytest.fixture(scope="package")
def scene() -> Iterator[Scene]:
    """An install of our own with a site, threads to talk in, and readers who talk."""
    with set_up("faults") as scene:
        yield scene


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """What decides the moments: another for each trial, the same for the same seed."""
    request.node.add_report_section("setup", "seed", f"Again with: SEED={SEED}")
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture(autouse=True)
def said(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where a trial on the common scene fails, what the processes said meanwhile shows."""
    if "scene" not in request.fixturenames:
        yield
        return
    path = request.getfixturevalue("scene").install.log
    before = path.stat().st_size
    yield
    with path.open(errors="replace") as log:
        log.seek(before)
        request.node.add_report_section("teardown", "up.log", "".join(log.readlines()[-LAST:]))


@pytest.fixture
def found(request: pytest.FixtureRequest, record_property: Any) -> Iterator[Figures]:
    """The trial's row of the table; it shows even where the trial fails."""
    row = Figures(request.node.get_closest_marker("trial").args[0])
    yield row
    record_property("figures", row.row())


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table, in the long form; also written down."""
    if not LONG_WANTED:
        return
    failed = {each.nodeid for each in terminalreporter.getreports("failed")}
    ends = [*terminalreporter.getreports(""), *terminalreporter.getreports("error")]
    rows = [
        value | ({"trial": f"{value['trial']}: FAILED"} if each.nodeid in failed else {})
        for each in ends
        if each.when == "teardown"
        for name, value in each.user_properties
        if name == "figures"
    ]
    if rows:
        terminalreporter.section(f"Trials, seed {SEED}")
        terminalreporter.write_line(figures.table(rows))
        for path in figures.keep(rows, seed=SEED, folder=RESULTS):
            terminalreporter.write_line(f"Kept in {path}")
