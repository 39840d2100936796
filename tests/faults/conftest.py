"""One install for all trials of a run, with limits off and a broker that can be taken away."""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from operations.development import PROJECT
from tests.faults import figures
from tests.faults.figures import Figures
from tests.faults.injured import HASTE
from tests.faults.scale import LONG_WANTED, SCALE
from tests.faults.scene import Broker, Scene
from tests.install import Install
from tests.servers import OURS

SEED = os.environ.get("SEED") or str(random.SystemRandom().randrange(1_000_000))
THREADS = 18
RESULTS = PROJECT / "bench" / "results"


@pytest.fixture(scope="package")
def scene() -> Iterator[Scene]:
    """An install of our own with a site, threads to talk in, and readers who talk."""
    folder = Path(tempfile.mkdtemp(prefix="faults-", dir=os.environ[OURS]))
    folder.chmod(0o711)  # as root the servers run as nobody, who must get in
    orders = folder / "orders"
    orders.mkdir()
    (folder / "demo.json").write_text(json.dumps({"article": {"editions": []}}))  # no demo
    broker = Broker(folder / "broker")
    install = Install(
        folder,
        {
            "BROKER_URL": broker.start(),
            "COLLOQUY_FAULTS": str(orders),
            "COLLOQUY_RATE_LIMITS": "off",
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
            **({} if LONG_WANTED else {HASTE: "1"}),
        },
    )
    install.start()
    command = [sys.executable, "-m", "tests.faults.cast", str(SCALE.readers), str(THREADS)]
    cast = subprocess.run(
        command, cwd=PROJECT, env=install.from_env(), capture_output=True, text=True
    )
    assert cast.returncode == 0, cast.stderr
    yield Scene(install, broker, orders, json.loads(cast.stdout))
    install.end()
    broker.stop()
    for home in (folder, folder / "broker"):
        shutil.rmtree((home / "servers").resolve())


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """What decides the moments: another for each trial, the same for the same seed."""
    request.node.add_report_section("setup", "seed", f"Again with: SEED={SEED}")
    return random.Random(f"{SEED} {request.node.name}")


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
