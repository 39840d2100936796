"""Where the time of a request goes: one web process of one thread, one client, workers stopped."""

import argparse
import json
from collections.abc import Iterator
from urllib.request import urlopen

from bench import load
from bench.figures import Report, percentile
from bench.stage import Stage

PROFILED = "bench.profiled:application"


def measure(
    here: Stage,
    report: Report,
    options: argparse.Namespace,
    requests: Iterator[bytes],
    *,
    status: int,
) -> None:
    """Clocks round the parts of a request, then cProfile for the functions in them."""
    seconds = 4.0 if options.short else 10.0
    here.start_alone(PROFILED)

    def some(seconds: float) -> load.Slice:
        done = load.run(here.port, requests, clients=1, seconds=seconds)
        done.acknowledged(status)
        return done

    report.say("Warming up")
    some(3)
    _ask(here, "clocks")
    report.say("Clocks")
    done = some(seconds)
    number = len(done.latencies)
    parts = json.loads(_ask(here, "clocks"))
    report.say("Calls")
    _ask(here, "calls/start")
    some(seconds)
    calls = _ask(here, "calls")

    tell(report, "request", parts, number, sum(done.latencies))
    report.notes.append(
        f"{number} requests, one after another; the median was "
        f"{1_000 * percentile(sorted(done.latencies), 0.5):.2f} ms. CPU is the thread's own, "
        "without PostgreSQL's. BEGIN counts with the statement that follows it, and the clocks "
        "take their microseconds."
    )
    if not options.json:
        report.notes.append(calls)


def tell(
    report: Report, what: str, parts: dict[str, list[float]], number: int, seconds: float
) -> None:
    """Tables of what the clocks said of `number` requests or tasks, which took `seconds`."""
    whole = sum(taken for taken, _, _ in parts.values())
    statements = [part for name, part in parts.items() if name.startswith("SQL")]
    database, driver = (sum(part[which] for part in statements) for which in (0, 1))
    summary = {
        "waiting for the database": database - driver,
        "its driver in the process": driver,
        "everything else in the process": whole - database,
        "outside: web server, network, load": seconds - whole,
        "all of it": seconds,
    }
    report.add(
        f"One {what}",
        [
            {"where": where, "ms": round(1_000 * taken / number, 3)}
            for where, taken in summary.items()
        ],
    )
    rows = [
        {
            "part": name,
            "ms": round(1_000 * taken / number, 3),
            "share": f"{taken / whole:.1%}",
            "cpu_ms": round(1_000 * cpu / number, 3),
            "calls": round(times / number, 2),
        }
        for name, (taken, cpu, times) in sorted(parts.items(), key=lambda part: -part[1][0])
        if taken / whole >= 0.001
    ]
    report.add("By part, without the parts inside it", rows)


def _ask(here: Stage, what: str) -> str:
    with urlopen(f"http://127.0.0.1:{here.port}/bench/{what}") as answer:
        return answer.read().decode()
