"""A thousand readers at the same moment, in a thread that no process has in memory."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.asking import at_once
from bench.figures import Target
from bench.reading.scene import Row, Scene, comments

if TYPE_CHECKING:
    from comments.models import Thread

READERS, SIZE = 1_000, 5_000


def measure(scene: Scene, cold: "Sequence[Thread]") -> None:
    """Each thread once, compressed, as browsers ask."""
    folder = scene.here.folder / "metrics"
    found, most = [], 0
    for number, thread in enumerate(cold, start=1):
        scene.report.say(f"{READERS} readers at once, {number} of {len(cold)}")
        url = scene.address(f"threads/{thread.pk}/comments?sort=newest")
        before = _rendered(folder)
        found.append(at_once(url, coding="gzip", readers=READERS))
        after = _rendered(folder)
        most = max(most, *(count - before.get(name, 0) for name, count in after.items()))
    p99 = max(each.p99_ms for each in found)
    scene.rows.append(
        Row(
            f"{comments(SIZE)}, cold, gzip, {READERS} readers at once",
            READERS,
            median(each.rate for each in found),
            median(each.p50_ms for each in found),
            p99,
        )
    )
    scene.targets += [
        Target("a cold thread's renders in any one process", most, at_most=1),
        Target(f"{READERS} readers at once, p99", round(p99), at_most=1_000, unit=" ms"),
        Target("errors among them", sum(each.faults for each in found), at_most=0),
    ]


def _rendered(folder: Path) -> dict[str, int]:
    """How many pages of comments Django has answered so far, by the file each process counts in."""
    from prometheus_client.multiprocess import MultiProcessCollector

    return {
        path.name: sum(
            int(sample.value)
            for metric in MultiProcessCollector.merge([str(path)])
            if metric.name == "colloquy_request_duration_seconds"
            for sample in metric.samples
            if sample.name.endswith("_count") and sample.labels["route"].endswith("/comments")
        )
        for path in folder.glob("histogram_*.db")
    }
