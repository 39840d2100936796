"""Where the time of a post goes: one web process of one thread, one client, workers stopped."""

import argparse
import json
from urllib.request import urlopen

from bench import ground, load, posting
from bench.figures import Report, percentile
from bench.stage import Stage

PROFILED = "bench.profiled:application"
TOP_CALLS = "posting-calls.txt"


def measure(here: Stage, report: Report, options: argparse.Namespace) -> None:
    """Clocks round the parts of a request, then cProfile for the functions in them."""
    seconds = 4.0 if options.short else 10.0
    laid = ground.lay(readers=posting.READERS, threads=posting.THREADS)
    here.start_alone(PROFILED)
    posts = posting.requests(laid, threads=posting.THREADS)
    report.say("Warming up")
    load.run(here.port, posts, clients=1, seconds=3).acknowledged(201)
    _ask(here, "clocks")
    report.say("Clocks")
    done = load.run(here.port, posts, clients=1, seconds=seconds)
    number = done.acknowledged(201)
    parts = json.loads(_ask(here, "clocks"))
    report.say("Calls")
    _ask(here, "calls/start")
    load.run(here.port, posts, clients=1, seconds=seconds).acknowledged(201)
    calls = _ask(here, "calls")
    (here.folder / TOP_CALLS).write_text(calls)

    whole = sum(taken for taken, _ in parts.values())
    rows = [
        {
            "part": name,
            "ms_a_post": round(1_000 * taken / number, 3),
            "share": f"{taken / whole:.1%}",
            "calls_a_post": round(times / number, 2),
        }
        for name, (taken, times) in sorted(parts.items(), key=lambda part: -part[1][0])
        if taken / whole >= 0.001
    ]
    database = sum(taken for name, (taken, _) in parts.items() if name.startswith("SQL"))
    latencies = sorted(done.latencies)
    outside = sum(latencies) - whole
    summary = [
        ("database, round trips included", database),
        ("everything else in the process", whole - database),
        ("web server, network, load", outside),
    ]
    report.add(
        "One post",
        [
            {"where": where, "ms_a_post": round(1_000 * taken / number, 3)}
            for where, taken in [*summary, ("all, as the client sees it", sum(latencies))]
        ],
    )
    report.add("By part, without the parts inside it", rows)
    report.notes.append(
        f"{number} posts, one after another; median {1_000 * percentile(latencies, 0.5):.2f} ms. "
        "The clocks themselves take a few microseconds for each call. BEGIN counts with the "
        "statement that follows it."
    )
    if not options.json:
        report.notes.append(calls)


def _ask(here: Stage, what: str) -> str:
    with urlopen(f"http://127.0.0.1:{here.port}/bench/{what}") as answer:
        return answer.read().decode()
