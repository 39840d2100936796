"""Ten million comments in a hundred thousand threads: what a page costs, how much a comment takes.

.venv/bin/python -m bench.scale [--short] [--json] [--keep]

A quarter of an hour, 25 GB of disk and 11 GB of memory; `--short` makes a million.
"""

import argparse
import time
from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING, Any

import orjson
import psutil

from bench import stage
from bench.asking import Line
from bench.figures import Report, Target, arguments, percentile
from bench.stage import Stage, pss_mb_of

if TYPE_CHECKING:
    from bench.filling import Filling
    from bench.ground import Ground

EACH = 100
FEW, MANY, NOT_SO_MANY = 100_000, 10_000_000, 1_000_000
#: The database as it stood when it had few comments.
TWIN = "few"
#: Conversations that go on at the same time: their comments are stored in turn.
TOGETHER = 500
READERS, PAGES = 1_000, 150
#: Threads of which one database shows its pages before it is the other's turn.
SLICE = 50
FIRST, AGAIN, ALL = "for the first time", "again", "all"
#: What a page shows, and how it is found.
SHOWN = (
    *("comments_comment", "comment_page", "comment_top", "comment_best", "comment_discussed"),
    *("comment_replies", "comments_thread", "comments_thread_pkey", "comments_threadslot"),
    *("thread_slot_once", "accounts_user", "accounts_user_pkey"),
)
#: PostgreSQL gets no more of the machine's memory than this; and how much beside what pages show.
SHARE, SPARE = 0.6, 2**29
#: Of a comment itself, and of what is stored with each.
TABLES = {
    "comments_comment": "comments",
    "comments_revision": "texts as typed",
    "comments_verdict": "verdicts",
    "comments_vote": "votes",
}


def measure(here: Stage, report: Report, options: argparse.Namespace) -> None:
    """Pages of threads drawn by lot, in every order, first and second ones: with few comments in
    the database and with many in turn, where memory has them; with many, where the disk has them.
    """
    from bench import filling, ground

    most = NOT_SO_MANY if options.short else MANY
    usual = here.postgres.memory
    laid = ground.lay(readers=READERS, threads=most // EACH)
    readers = [each.pk for each in laid.readers]
    # Else it writes whole pages to the log again and again while it fills.
    here.sql("ALTER SYSTEM SET max_wal_size = '4GB'")
    here.sql("SELECT pg_reload_conf()")
    few = FEW // EACH
    for begun, until in ((0, few), (few, most // EACH)):
        _fill(report, filling.Filling(here.database, readers, TOGETHER), laid, begun, until)
        here.settle()
        if until == few:
            here.copy_database(TWIN)
    report.say("Recounting all of it")
    filling.prove()
    report.add("Bytes for each comment, tables and indexes", _bytes(here, most))
    ratios = _from_memory(here, report, laid, most)
    web = pss_mb_of(here.process("product"))
    _from_disk(here, report, laid, most, usual)
    report.targets(
        *(
            Target(
                f"p50 of a page in memory, asked {asked},"
                f" {_grouped(most)} / {_grouped(FEW)} comments",
                round(ratio, 2),
                at_most=1.5,
            )
            for asked, ratio in ratios.items()
        ),
        Target("PSS of web", round(web), at_most=400, unit=" MB"),
    )


def _fill(report: Report, filling: "Filling", laid: "Ground", begun: int, until: int) -> None:
    since = time.perf_counter()
    plan = [(thread.pk, EACH) for thread in laid.threads[begun:until]]

    def tell(stored: int) -> None:
        if stored % 250_000 == 0:
            report.say(f"{_grouped(stored)} of {_grouped(EACH * len(plan))} comments")

    filling.fill(plan, told=tell)
    seconds = time.perf_counter() - since
    report.notes.append(f"{_grouped(EACH * len(plan))} comments filled in {seconds:.0f} s.")


# -- pages -------------------------------------------------------------------------------------
def _from_memory(here: Stage, report: Report, laid: "Ground", most: int) -> dict[str, float]:
    """Both databases take turns: what slows one slows the other. Give how many times as long as
    with few comments the median page takes with many.
    """
    there = psutil.virtual_memory().total * SHARE
    here.restart_postgres(memory=round(min(1.1 * _size(here) + SPARE, there)))
    here.start_web(floor=False)
    here.start_twin(TWIN, port=here.port + 1)
    here.warm(*SHOWN, database=TWIN)
    memory = here.warm(*SHOWN)
    size = _size(here)
    report.notes.append(
        f"What pages show takes {size / 2**30:.1f} GB with its indexes, {size / most:.0f} bytes a"
        f" comment; PostgreSQL has {memory} for it."
    )
    many, few = Pages(here.port, most, laid), Pages(here.port + 1, FEW, laid)
    ratios, rows = {}, []
    for asked, limit in ((FIRST, 20), (AGAIN, 19)):
        report.say(f"Pages from memory, {asked}")
        for turn, begun in enumerate(range(0, many.count, SLICE)):
            for pages in (many, few) if turn % 2 else (few, many):
                pages.walk(asked, limit=limit, begun=begun, until=begun + SLICE)
        rows += [row for pages in (few, many) for row in pages.rows(asked)]
        ratios[asked] = many.p50(asked) / few.p50(asked)
    report.add("Pages of threads drawn by lot, rendered, from memory, one client", rows)
    for pages in (few, many):
        pages.line.close()
    here.end_one("twin")
    return ratios


def _from_disk(here: Stage, report: Report, laid: "Ground", most: int, memory: int) -> None:
    """After a start of PostgreSQL with the memory of `make run`: nothing is in it yet."""
    here.end_one("product")
    here.restart_postgres(memory=memory)
    here.sql("ALTER SYSTEM SET track_io_timing = on")
    here.sql("SELECT pg_reload_conf(), pg_stat_reset()")
    here.start_web(floor=False)
    pages = Pages(here.port, most, laid)
    report.say("Pages from the disk")
    pages.walk("from the disk", limit=20)
    pages.line.close()
    here.end_one("product")  # its connections tell what they did
    [[blocks, spent]] = here.sql(
        "SELECT blks_read, blk_read_time FROM pg_stat_database WHERE datname = current_database()"
    )
    report.add("The same from the disk, after a start of PostgreSQL", pages.rows("from the disk"))
    report.notes.append(
        f"From the disk: {blocks / (2 * pages.count):.0f} blocks of 8 kB a page,"
        f" {spent / blocks:.2f} ms each."
    )


class Pages:
    """The first and the second page of `PAGES` threads in each order, no page twice, from one of
    the two databases. Asked a comment longer or shorter they are rendered anew.
    """

    def __init__(self, port: int, comments: int, laid: "Ground") -> None:
        from comments.states import Sort

        self.comments = comments
        self.at = f"http://127.0.0.1:{port}"
        self.line = Line(self.at)
        self.times: dict[tuple[str, str], list[float]] = defaultdict(list)
        drawn = Random(comments).sample(
            [each.pk for each in laid.threads[: comments // EACH]], k=PAGES * len(Sort) + 50
        )
        for thread in drawn[PAGES * len(Sort) :]:  # web has to wake up
            self._both(Sort.NEWEST, thread, 20)
        orders = [sort for _ in range(PAGES) for sort in Sort.values]
        self.plan = list(zip(orders, drawn, strict=False))
        self.count = len(self.plan)

    def walk(self, asked: str, *, limit: int, begun: int = 0, until: int | None = None) -> None:
        for order, thread in self.plan[begun:until]:
            both = self._both(order, thread, limit)
            self.times[asked, order] += both
            self.times[asked, ALL] += both

    def p50(self, asked: str) -> float:
        return percentile(sorted(self.times[asked, ALL]), 0.5)

    def rows(self, asked: str) -> list[dict[str, Any]]:
        from comments.states import Sort

        return [
            {
                "comments": _grouped(self.comments),
                "threads": _grouped(self.comments // EACH),
                "asked": asked,
                "order": order,
                "pages": len(times),
                "p50_ms": round(percentile(times, 0.5), 2),
                "p99_ms": round(percentile(times, 0.99), 2),
            }
            for order in (*Sort.values, ALL)
            for times in [sorted(self.times[asked, order])]
        ]

    def _both(self, order: str, thread: Any, limit: int) -> list[float]:
        address = f"{self.at}/api/v1/threads/{thread}/comments?sort={order}&limit={limit}"
        first, body = self.line.ask(address)
        second, _ = self.line.ask(f"{address}&cursor={orjson.loads(body)['next']}")
        return [first, second]


# -- bytes -------------------------------------------------------------------------------------
def _size(here: Stage) -> int:
    """Bytes of what pages show."""
    [[size]] = here.sql(
        "SELECT sum(pg_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name", [*SHOWN]
    )
    return int(size)


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
