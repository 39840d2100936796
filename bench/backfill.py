"""A back catalogue against a fresh install: by the command, by `POST`, and again; and how long its
titles take to search.

.venv/bin/python -m bench.backfill [--short] [--json] [--keep]
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from statistics import median
from typing import Any
from urllib.request import Request, urlopen

import orjson

from bench import stage
from bench.figures import Report, Target, arguments
from bench.stage import Stage

PAGES = "https://{host}.example"
LINES_AT_ONCE = 500
WORDS = {
    "en": "harbour ferry night council school tram bridge market winter paper museum vote",
    "ko": "항구 야간 버스 시의회 학교 다리 시장 겨울 종이 박물관 투표 예산 밤배 정류장",
    "ja": "港 夜行 列車 市議会 学校 橋 市場 冬 紙 博物館 投票 予算 停留所 図書館",
}
SECTIONS = ("City", "Politics", "Culture", "Sport", "Science")
#: Looked for among the titles: words of all, of some, in scripts without spaces, of none.
WANTED = ("harbour", "night bridge", "버스", "夜行", "zebra")


def stories(count: int, host: str) -> Iterator[dict[str, Any]]:
    """Stories in two of three languages each, four sections of text; no two alike."""
    chance = Random(host)
    for number in range(count):
        locales = chance.sample(list(WORDS), k=2)
        yield {
            "external_id": f"story-{number}",
            "section": chance.choice(SECTIONS),
            "authors": [f"Desk {number % 40}"],
            "topics": chance.sample(WORDS["en"].split(), k=3),
            "published_at": f"20{10 + number % 15}-0{1 + number % 9}-1{number % 9}T06:00:00Z",
            "editions": [_edition(locale, number, host, chance) for locale in locales],
        }


def _edition(locale: str, number: int, host: str, chance: Random) -> dict[str, Any]:
    def text(length: int) -> str:
        return " ".join(chance.choices(WORDS[locale].split(), k=length))

    page = f"{PAGES.format(host=host)}/{locale}/story-{number}"
    return {
        "locale": locale,
        "url": page,
        "alternates": {"amp": f"{page}/amp"},
        "title": f"{text(6)} {number}",
        "standfirst": text(20),
        "sections": [{"heading": text(4), "body": text(60)} for _ in range(4)],
    }


def measure(here: Stage, report: Report, options: argparse.Namespace) -> None:
    from publishers.services import sites

    count = 2_000 if options.short else 10_000
    file = here.folder / "catalogue.ndjson"
    file.write_bytes(b"\n".join(orjson.dumps(each) for each in stories(count, "news")))
    sites.create(name="news", origins=[PAGES.format(host="news")])
    _, key = sites.create(name="else", origins=[PAGES.format(host="else")])
    rows = []

    def note(what: str, work: Callable[[], dict[str, int]]) -> float:
        report.say(what)
        before, begun = here.spent(), time.monotonic()
        told = work()
        seconds = time.monotonic() - begun
        after = here.spent()
        rows.append(
            {
                "measured": what,
                "articles": count,
                **told,
                "seconds": round(seconds, 1),
                "per_minute": round(60 * count / seconds),
                "db_cpu_s": round(after["postgres"] - before["postgres"], 1),
            }
        )
        return seconds

    first = note("the command", lambda: _by_command(file, "news"))
    note("the command again", lambda: _by_command(file, "news"))
    here.start_web(floor=False)
    note("POST, 500 lines a call", lambda: _by_post(here.port, key, count))
    report.add("Back catalogue", rows)
    here.sql("VACUUM ANALYZE")
    report.add("Searching titles", _searches(200 if options.short else 1_000))
    report.notes.append(
        f"Fresh install, {file.stat().st_size / count / 1_000:.1f} kB a story: two editions with "
        "an AMP page and four sections of text each. The command's time has its start in it."
    )
    report.targets(
        Target("10 000 articles, by the command", first * 10_000 / count, at_most=120, unit=" s")
    )


def _by_command(file: Path, site: str) -> dict[str, int]:
    command = [sys.executable, "manage.py", "backfill_articles", str(file), "--site", site]
    settings = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run([*command, "--json"], stdout=subprocess.PIPE, check=True, env=settings)
    return _sums(json.loads(done.stdout))


def _by_post(port: int, key: str, count: int) -> dict[str, int]:
    sums: dict[str, int] = {}
    every = [orjson.dumps(each) for each in stories(count, "else")]
    for at in range(0, count, LINES_AT_ONCE):
        request = Request(
            f"http://127.0.0.1:{port}/api/v1/publisher/articles",
            data=b"\n".join(every[at : at + LINES_AT_ONCE]),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"},
        )
        with urlopen(request, timeout=120) as answer:  # noqa: S310  (our own address)
            for name, number in _sums(json.load(answer)).items():
                sums[name] = sums.get(name, 0) + number
    return sums


def _sums(told: dict[str, Any]) -> dict[str, int]:
    return {
        **{name: told[name] for name in ("created", "updated", "unchanged")},
        "refused": len(told["refused"]),
    }


def _searches(times: int) -> list[dict[str, Any]]:
    """Each word looked for by its index, and by reading every title."""
    from articles import selectors
    from articles.models import Edition

    rows = []
    for wanted in WANTED:
        by_index = _median_ms(lambda: len(selectors.ids_named(wanted)), times)  # noqa: B023  (called at once)
        read = Edition.objects.filter(title__icontains=wanted.split()[0]).order_by()
        by_reading = _median_ms(lambda: read.count(), max(times // 20, 5))  # noqa: B023  (called at once)
        rows.append(
            {
                "wanted": wanted,
                "found": len(selectors.ids_named(wanted)),
                "p50_ms": by_index,
                "icontains_p50_ms": by_reading,
                "editions": Edition.objects.count(),
            }
        )
    return rows


def _median_ms(work: Callable[[], int], times: int) -> float:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(1_000 * (time.perf_counter() - begun))
    return round(median(taken), 2)


def main() -> None:
    options = arguments("A back catalogue, and its titles.").parse_args()
    report = Report("backfill", options)
    with stage.opened(options.port) as here:
        measure(here, report, options)
    report.publish()


if __name__ == "__main__":
    main()
