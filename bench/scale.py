"""Ten million comments in a hundred thousand threads: what a page costs, how much a comment takes.

.venv/bin/python -m bench.scale [--short] [--json] [--keep]

A quarter of an hour and some 20 GB of disk; `--short` makes a million.
"""

import argparse
import time
from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING, Any

import orjson

from bench import stage
from bench.asking import Line
from bench.figures import Report, Target, arguments, percentile
from bench.stage import Stage, cpu_of, pss_mb_of

if TYPE_CHECKING:
    from bench.filling import Filling
    from bench.ground import Ground

EACH = 100
FEW, MANY, NOT_SO_MANY = 100_000, 10_000_000, 1_000_000
#: Conversations that go on at the same time: their comments are stored in turn.
TOGETHER = 500
READERS, PAGES = 1_000, 150
#: Of a page that nobody asked for before, each comment may be a place of the disk that nobody has
#: read before; a moment later memory has them.
FIRST, AGAIN = "for the first time", "again"
#: Of a comment itself, and of what is stored with each.
TABLES = {
    "comments_comment": "comments",
    "comments_revision": "texts as typed",
    "comments_verdict": "verdicts",
    "comments_vote": "votes",
}


def measure(here: Stage, report: Report, options: argparse.Namespace) -> None:
    """Pages of threads drawn by lot, in every order, first and second ones, with few comments in
    the database and with many.
    """
    from bench import filling, ground

    most = NOT_SO_MANY if options.short else MANY
    laid = ground.lay(readers=READERS, threads=most // EACH)
    writers = filling.Filling(here.database, [each.pk for each in laid.readers], TOGETHER)
    # Else it writes whole pages to the log again and again while it fills.
    here.sql("ALTER SYSTEM SET max_wal_size = '4GB'")
    here.sql("SELECT pg_reload_conf()")
    here.start_web(floor=False)
    found: list[dict[str, Any]] = []
    filled = 0
    for total in (FEW, most):
        seconds = _fill(report, writers, laid, filled, total // EACH)
        filled = total // EACH
        report.notes.append(f"{_grouped(total)} comments: the last part filled in {seconds:.0f} s.")
        here.settle()
        found += _pages(here, report, laid, filled)
    report.say("Recounting all of it")
    filling.prove()
    report.add("Pages of threads drawn by lot, rendered, one client", found)
    report.add("Bytes for each comment, tables and indexes", _bytes(here, most))
    p50 = {(row["comments"], row["asked"]): row["p50_ms"] for row in found if row["order"] == "all"}
    report.targets(
        *(
            Target(
                f"p50 of a page, asked {asked}, {_grouped(most)} / {_grouped(FEW)} comments",
                round(p50[_grouped(most), asked] / p50[_grouped(FEW), asked], 2),
                at_most=1.5,
            )
            for asked in (FIRST, AGAIN)
        ),
        Target("PSS of web", round(pss_mb_of(here.process("product"))), at_most=400, unit=" MB"),
    )


def _fill(report: Report, filling: "Filling", laid: "Ground", begun: int, until: int) -> float:
    since = time.perf_counter()
    plan = [(thread.pk, EACH) for thread in laid.threads[begun:until]]

    def tell(stored: int) -> None:
        if stored % 250_000 == 0:
            report.say(f"{_grouped(stored)} of {_grouped(EACH * len(plan))} comments")

    filling.fill(plan, told=tell)
    return time.perf_counter() - since


def _pages(here: Stage, report: Report, laid: "Ground", filled: int) -> list[dict[str, Any]]:
    """The first and the second page of `PAGES` threads in each order, no page twice; then the same
    once more, a comment shorter, so that they are rendered anew.
    """
    from comments.states import Sort

    drawn = iter(Random(filled).sample(laid.threads[:filled], k=PAGES * len(Sort) + 50))
    plan = [(sort, next(drawn).pk) for _ in range(PAGES) for sort in Sort.values]
    line = Line(f"http://127.0.0.1:{here.port}")
    total = _grouped(filled * EACH)
    report.say(f"Pages with {total} comments")

    def ask(sort: str, thread: Any, limit: int) -> list[float]:
        at = f"http://127.0.0.1:{here.port}/api/v1/threads/{thread}/comments"
        first, body = line.ask(f"{at}?sort={sort}&limit={limit}")
        cursor = orjson.loads(body)["next"]
        second, _ = line.ask(f"{at}?sort={sort}&limit={limit}&cursor={cursor}")
        return [first, second]

    for each in drawn:
        ask(Sort.NEWEST, each.pk, 20)  # warm
    rows = []
    for asked, limit in ((FIRST, 20), (AGAIN, 19)):
        times: dict[str, list[float]] = defaultdict(list)
        cpu = -cpu_of(here.process("product")) - cpu_of(here.postgres.process())
        for sort, thread in plan:
            times[sort] += ask(sort, thread, limit)
        cpu += cpu_of(here.process("product")) + cpu_of(here.postgres.process())
        times["all"] = [each for every in times.values() for each in every]
        rows += [
            {
                "comments": total,
                "threads": _grouped(filled),
                "asked": asked,
                "order": sort,
                "pages": len(every),
                "p50_ms": round(percentile(sorted(every), 0.5), 2),
                "p99_ms": round(percentile(sorted(every), 0.99), 2),
                "cpu_s_per_1000": round(1_000 * cpu / len(every), 2) if sort == "all" else "–",
            }
            for sort, every in times.items()
        ]
    line.close()
    return rows


def _bytes(here: Stage, comments: int) -> list[dict[str, Any]]:
    rows = []
    for table, told in TABLES.items():
        [(table_size, index_size)] = here.sql(
            "SELECT pg_table_size(%s::regclass), pg_indexes_size(%s::regclass)", table, table
        )
        rows.append({"of": told, "table": table_size / comments, "indexes": index_size / comments})
    rows.append(
        {"of": "all", **{key: sum(row[key] for row in rows) for key in ("table", "indexes")}}
    )
    return [{key: round(v) if key != "of" else v for key, v in row.items()} for row in rows]


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def main() -> None:
    options = arguments("Ten million comments.").parse_args()
    report = Report("scale", options)
    with stage.opened(options.port) as here:
        measure(here, report, options)
    report.publish()


if __name__ == "__main__":
    main()
