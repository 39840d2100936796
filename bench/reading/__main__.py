"""Reading: pages from memory beside a bare WSGI callable and nginx with the same bytes, pages that
have to be rendered, a crowd before a cold thread, reading while others post.

.venv/bin/python -m bench.reading [--short] [--json] [--keep]

The load is wrk where there is one; nginx is left out where there is none.
"""

import argparse
import os
import time
from typing import TYPE_CHECKING

from bench import plot, stage
from bench.asking import BY, CONNECTIONS
from bench.figures import Report, Target, arguments
from bench.reading import crowd, hits, misses, posts
from bench.reading.scene import Scene, comments
from bench.stage import Stage, pss_mb_of

if TYPE_CHECKING:
    from comments.models import Thread

#: Comments of a thread, four in ten of them replies.
SIZES = (10, 1_000, 100_000, 1_000_000)
READERS, COLD = 200, 3


def measure(here: Stage, report: Report, options: argparse.Namespace) -> None:
    """All of it."""
    scene, cold = prepared(here, report, short=options.short)
    began, before = time.monotonic(), here.spent()
    hits.measure(scene)
    misses.measure(scene)
    crowd.measure(scene, cold)
    posts.measure(scene)
    held = round(pss_mb_of(scene.web))
    scene.targets.append(Target("PSS of web after all of it", held, at_most=400, unit=" MB"))
    spent = {name: until - before[name] for name, until in here.spent().items()}
    others = max(spent["machine"] - spent["ours"], 0) / (time.monotonic() - began)
    report.notes.append(f"Whoever else worked on the machine took {others:.2f} of its cores.")
    report.add("Reading", [row.told() for row in scene.rows])
    report.targets(*scene.targets)


def prepared(here: Stage, report: Report, *, short: bool) -> "tuple[Scene, list[Thread]]":
    """The threads, filled, with `web` before them; and those that nobody may read too early."""
    from django.db import connection

    from bench import filling, ground

    sizes = sorted(SIZES[:3] if short else SIZES, reverse=True)
    laid = ground.lay(readers=READERS, threads=max(len(sizes) + COLD, hits.COUNTED))
    shown, cold = laid.threads[: len(sizes)], laid.threads[-COLD:]
    writers = [reader.pk for reader in laid.readers]
    plan = [(thread.pk, size) for thread, size in zip(shown, sizes, strict=True)]
    plan += [(thread.pk, crowd.SIZE) for thread in cold]
    report.say(f"Threads of {', '.join(map(comments, sizes))}")
    filling.Filling(here.database, writers).fill(plan)
    filling.prove()
    connection.close()
    here.settle()
    memory = here.warm()
    os.environ["METRICS_PORT"] = str(here.port + 9)  # nobody asks there, but renders are counted
    here.start_web(floor=False)
    scene = Scene(here, report, laid, {}, short)
    for thread, size in zip(shown, sizes, strict=True):
        scene.pages[size] = scene.address(f"threads/{thread.pk}/comments?sort=newest")
    report.notes.append(
        f"Threads filled by COPY, {filling.LENGTH}; `reconcile` finds no difference. "
        f"{CONNECTIONS} connections of {BY}; medians of {scene.rounds} rounds of "
        f"{scene.seconds:g} s, in turn. CPU and memory are those of who answered; where pages are "
        "rendered, CPU is that of web and PostgreSQL, which has the threads in its "
        f"{memory} of memory."
    )
    return scene, cold


def main() -> None:
    options = arguments("Reading, beside its floors.").parse_args()
    report = Report("reading", options)
    with stage.opened(options.port) as here:
        measure(here, report, options)
    report.publish()
    if options.keep:
        plot.draw()


if __name__ == "__main__":
    main()
