"""Screening: how long from accepted to decided by machine, and how fast a backlog goes.

    .venv/bin/python -m bench.screening [--short] [--seconds 300] [--rate 50] [--backlog 10000]
        [--policy screen_first] [--json] [--keep]

*Decided* is the moment in the final verdict's row, which is committed with what it decides.
"""

import argparse
import cProfile
import logging
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

from bench import load, posting, stage
from bench.figures import Report, Target, arguments, percentile
from bench.profile import tell
from bench.stage import Stage

if TYPE_CHECKING:
    from bench.ground import Ground

RATE, SECONDS, BACKLOG = 50, 300, 10_000
SHORT_SECONDS, SHORT_BACKLOG = 30, 1_000
PROFILED_SECONDS = 6
WARM_UP = 20
#: Screening is given up when nothing was decided for so long.
PATIENCE_SECONDS = 60
ID = b'"id":"'
TASK = "screen_comment"


def steadily(
    here: Stage, ground: "Ground", report: Report, *, rate: float, seconds: float
) -> dict[str, Any]:
    """Post at a steady rate with everything running; wait until all is decided."""
    posts = posting.requests(ground, threads=len(ground.threads))
    accepted: dict[str, float] = {}
    epoch = time.time() - time.perf_counter()

    def listen(_number: int, body: bytes, now: float) -> None:
        at = body.index(ID) + len(ID)
        accepted[body[at : at + 36].decode()] = epoch + now

    with here.workers():
        report.say("Warming up")
        load.run(here.port, islice(posts, WARM_UP), clients=1, seconds=60).acknowledged(201)
        _await_decisions(here, here.count("comments_comment"))
        here.settle()
        rows, spent, begun = here.count("comments_comment"), here.spent(), time.monotonic()
        report.say(f"{rate:g} posts a second for {seconds:g} s")
        done = load.paced(here.port, posts, rate=rate, seconds=seconds, listen=listen)
        stored = here.count("comments_comment") - rows
        if done.acknowledged(201) != stored:
            raise load.UnexpectedAnswer(f"{len(accepted)} acknowledged, {stored} stored")
        decided = _await_decisions(here, rows + stored)
        cost = {name: until - spent[name] for name, until in here.spent().items()}
        elapsed = time.monotonic() - begun
    verdicts = here.sql(
        "SELECT r.comment_id::text, extract(epoch FROM v.created_at)::float8"
        " FROM comments_verdict v JOIN comments_revision r ON r.id = v.revision_id WHERE v.final"
    )
    waits = sorted(at - accepted[comment] for comment, at in verdicts if comment in accepted)
    answers = sorted(done.latencies)
    strangers = (cost["machine"] - cost["ours"]) / elapsed
    return {
        "posts": stored,
        "per_second": round(done.rate, 1),
        "undecided": rows + stored - decided,
        "p50_s": round(percentile(waits, 0.5), 3),
        "p95_s": round(percentile(waits, 0.95), 3),
        "p99_s": round(percentile(waits, 0.99), 3),
        "longest_s": round(waits[-1], 3) if waits else float("nan"),
        "post_p50_ms": round(1_000 * percentile(answers, 0.5), 1),
        "post_p99_ms": round(1_000 * percentile(answers, 0.99), 1),
        "workers_cpu_ms": round(1_000 * cost["workers"] / stored, 2),
        "others_cpu": f"{max(strangers, 0):.0%}",
    }


def backlog(here: Stage, ground: "Ground", report: Report, *, size: int) -> dict[str, Any]:
    """Post with every worker stopped, then let one screening process work it off."""
    here.forget_work()
    before, decided_before = here.count("comments_comment"), _decided(here)
    report.say(f"{size} posts with workers stopped")
    posts = islice(posting.requests(ground, threads=len(ground.threads)), size)
    done = load.run(here.port, posts, clients=16, seconds=3_600)
    stored = here.count("comments_comment") - before
    if done.acknowledged(201) != stored:
        raise load.UnexpectedAnswer(f"{done.acknowledged(201)} acknowledged, {stored} stored")
    waiting = decided_before + stored - _decided(here)
    here.settle()
    report.say("One screening process")
    spent, begun = here.spent(), time.time()
    with here.workers("worker-screening"):
        decided = _await_decisions(here, decided_before + stored)
        cost = {name: until - spent[name] for name, until in here.spent().items()}
    first, last, number = here.sql(
        "SELECT extract(epoch FROM min(created_at))::float8,"
        " extract(epoch FROM max(created_at))::float8, count(*)"
        " FROM comments_verdict WHERE final AND created_at > to_timestamp(%s)",
        begun,
    )[0]
    strangers = (cost["machine"] - cost["ours"]) / max(time.time() - begun, 1)
    return {
        "waiting": waiting,
        "undecided": decided_before + stored - decided,
        "first_after_s": round(first - begun, 1),
        "last_after_s": round(last - begun, 1),
        "per_second": round(number / (last - first), 1),
        "with_its_start": round(number / (last - begun), 1),
        "worker_cpu_ms": round(1_000 * cost["workers"] / number, 2),
        "db_cpu_ms": round(1_000 * cost["postgres"] / number, 2),
        "others_cpu": f"{max(strangers, 0):.0%}",
    }


def profile(here: Stage, ground: "Ground", report: Report, *, size: int) -> None:
    """Where the time of screening one comment goes: what the screening worker's task does, done
    in this process, without Celery.
    """
    report.say(f"{size} posts")
    posts = islice(posting.requests(ground, threads=len(ground.threads)), size)
    load.run(here.port, posts, clients=4, seconds=3_600).acknowledged(201)
    here.settle()

    from django.db import connection

    from bench.profiled import WHOLE, clocks, top_calls
    from outbox.services import relay

    connection.close()  # the next one is watched
    logging.getLogger("outbox").setLevel(logging.WARNING)  # a worker's go to a file

    def drained() -> int:
        until = time.monotonic() + PROFILED_SECONDS
        taken = 0
        while time.monotonic() < until and (some := clocks(WHOLE, relay.drain, TASK)):
            taken += some
        return taken

    report.say("Clocks")
    begun, number = time.perf_counter(), drained()
    tell(report, "comment", clocks.read(), number, time.perf_counter() - begun)
    report.say("Calls")
    profiler = cProfile.Profile()
    profiler.runcall(drained)
    report.notes.append(f"{number} comments in one process, without Celery around it.")
    if not report.options.json:
        report.notes.append(top_calls(profiler))


def _decided(here: Stage) -> int:
    return here.count("comments_verdict WHERE final")


def _await_decisions(here: Stage, wanted: int) -> int:
    """Wait until so many comments are decided, or until screening stands still."""
    decided, moved = _decided(here), time.monotonic()
    while decided < wanted and time.monotonic() < moved + PATIENCE_SECONDS:
        time.sleep(0.3)
        if (now := _decided(here)) > decided:
            decided, moved = now, time.monotonic()
    return decided


def main() -> None:
    parser = arguments("From accepted to decided by machine.")
    parser.add_argument("--rate", type=float, default=RATE, help="posts a second")
    parser.add_argument("--seconds", type=float, help=f"for how long; {SECONDS} if not given")
    parser.add_argument("--backlog", type=int, help=f"how many; {BACKLOG} if not given")
    parser.add_argument(
        "--policy", choices=["screen_first", "publish_first"], default="screen_first"
    )
    parser.add_argument("--profile", action="store_true", help="where the time goes, instead")
    options = parser.parse_args()
    report = Report("screening-profile" if options.profile else "screening", options)
    with stage.opened(options.port) as here:
        measure(here, report, options)
    report.publish()


def measure(here: Stage, report: Report, options: argparse.Namespace) -> None:
    """Both parts, on one ground."""
    from bench import ground
    from publishers.states import Screening

    laid = ground.lay(
        readers=posting.READERS, threads=posting.THREADS, screening=Screening(options.policy)
    )
    here.start_web(floor=False)
    if options.profile:
        profile(here, laid, report, size=options.backlog or SHORT_BACKLOG)
        return
    seconds = options.seconds or (SHORT_SECONDS if options.short else SECONDS)
    size = options.backlog or (SHORT_BACKLOG if options.short else BACKLOG)
    steady = steadily(here, laid, report, rate=options.rate, seconds=seconds)
    waiting = backlog(here, laid, report, size=size)
    report.add(f"Accepted to decided, {options.rate:g} posts/s for {seconds:g} s", [steady])
    report.add("A backlog and one screening process", [waiting])
    report.targets(
        Target("accepted to decided, p95", steady["p95_s"], at_most=2, unit=" s"),
        Target("undecided at the end", steady["undecided"] + waiting["undecided"], at_most=0),
        Target("backlog", waiting["per_second"], at_least=200, unit="/s"),
    )
    report.notes.append(
        f"Site policy {options.policy}; all processes run in the first part, one worker for "
        "screening alone in the second. Both count the rows: every acknowledged post is stored."
    )


if __name__ == "__main__":
    main()
