"""Moving in and out: how much memory a large export takes, and how long.

.venv/bin/python -m bench.moving [--megabytes 1000] [--short] [--json] [--keep]
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from bench import stage, words
from bench.figures import Report, Target, arguments
from bench.stage import Stage

MEGABYTES, SHORT_MEGABYTES = 1_000, 30
PAGES, TEXTS = 1_000, 5_000
ORIGIN = "https://bench.example"
MOST_MEMORY = 200
BEGIN = datetime(2015, 1, 1, tzinfo=UTC)
HEAD = """<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
"""
THREAD = """<thread dsq:id="{page}"><id>story-{page}</id><forum>bench</forum>
<link>{origin}/stories/{page}?utm_source=feed</link><title>Story {page}</title><message/>
<createdAt>2015-01-01T00:00:00Z</createdAt><isClosed>false</isClosed><isDeleted>false</isDeleted>
</thread>
"""
POST = """<post dsq:id="{key}"><id>wp_id={key}</id><message><![CDATA[{html}]]></message>
<createdAt>{moment:%Y-%m-%dT%H:%M:%SZ}</createdAt><isDeleted>{gone}</isDeleted><isSpam>{spam}</isSpam>
<author><name>Reader {who}</name><email>reader-{who}@mail.example</email>
<isAnonymous>false</isAnonymous><username>reader{who}</username></author>
<ipAddress>192.0.2.{last}</ipAddress><thread dsq:id="{page}"/>{parent}</post>
"""


def posts() -> Iterator[str]:
    """Comments as Disqus exports them, without end: half of them replies, one in twenty deleted,
    one in ten spam, by fifty thousand people, of five thousand texts. The same each time.
    """
    chance, bodies = Random("moving"), words.bodies("moving")
    texts = [
        "".join(f"<p>{next(bodies)}</p>" for _ in range(chance.choice((1, 2, 3, 6))))
        for _ in range(TEXTS)
    ]
    latest: dict[int, list[int]] = {}
    key = 0
    while True:
        key += 1
        page = chance.randrange(PAGES)
        above = latest.setdefault(page, [])
        parent = chance.choice(above[-50:]) if above and chance.random() < 0.5 else None
        above.append(key)
        del above[:-50]
        yield POST.format(
            key=key,
            html=chance.choice(texts),
            moment=BEGIN + timedelta(seconds=200 * key),
            gone=str(chance.random() < 0.05).lower(),
            spam=str(chance.random() < 0.1).lower(),
            who=chance.randrange(50_000),
            last=key % 250,
            page=page,
            parent=f'<parent dsq:id="{parent}"/>' if parent else "",
        )


def write_export(file: Path, size: int) -> int:
    """A file of so many bytes. Gives how many comments are in it."""
    count = 0
    with file.open("w") as out:
        out.write(HEAD)
        for page in range(PAGES):
            out.write(THREAD.format(page=page, origin=ORIGIN))
        written = 0
        for post in posts():
            written += out.write(post)
            count += 1
            if written >= size:
                break
        out.write("</disqus>\n")
    return count


def lay_pages() -> None:
    """The articles that it is about."""
    from articles.models import Article, Edition
    from articles.urlkeys import url_key
    from comments.models import Thread
    from publishers.services import sites

    site, _key = sites.create(name="Bench", origins=[ORIGIN])
    threads = Thread.objects.bulk_create(Thread(site=site) for _ in range(PAGES))
    articles = Article.objects.bulk_create(
        Article(site=site, external_id=f"story-{page}") for page in range(PAGES)
    )
    urls = [f"{ORIGIN}/stories/{page}" for page in range(PAGES)]
    Edition.objects.bulk_create(
        Edition(
            article=article, thread=thread, locale="en", url=url, url_key=url_key(url), title=url
        )
        for article, thread, url in zip(articles, threads, urls, strict=True)
    )


def run(name: str, comments: int, *command: str) -> dict[str, Any]:
    """Run a command by itself; how long it took, and the most memory it had."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "manage.py", *command, "--site", "Bench"],
        env=_environment(),
        stdout=subprocess.DEVNULL,
    )
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{name} ended with {process.returncode}.")
    seconds = time.monotonic() - begun
    return {
        "measured": name,
        "seconds": round(seconds, 1),
        "comments_per_second": round(comments / seconds),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_memory_mb": round(used.ru_maxrss / 1_000, 1),
    }


def _environment() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}


def measure(here: Stage, report: Report, options: argparse.Namespace) -> None:
    """A dry run, an import, the same again, and out: each a process of its own."""
    megabytes = options.megabytes or (SHORT_MEGABYTES if options.short else MEGABYTES)
    file, out = here.folder / "disqus.xml", here.folder / "site.ndjson.gz"
    comments = write_export(file, megabytes * 1_000_000)
    lay_pages()
    report.say(f"{comments:,} comments, {file.stat().st_size / 1e6:,.0f} MB")
    into = ("import_comments", "--from", "disqus", str(file))
    rows = []
    for name, command in (
        ("dry run", (*into, "--dry-run")),
        ("import", into),
        ("the same again", into),
        ("export_site", ("export_site", str(out))),
    ):
        rows.append(run(name, comments, *command))
        report.say(f"{name}: {rows[-1]}")
    reconcile = [sys.executable, "manage.py", "reconcile"]
    subprocess.run(reconcile, env=_environment(), stdout=subprocess.DEVNULL, check=True)
    stored = here.count("comments_comment")
    if stored != comments:
        raise SystemExit(f"{stored} comments are stored, {comments} were in the file.")
    report.add(f"A Disqus export of {megabytes} MB, {comments:,} comments", rows)
    report.notes.append("Every comment of the file is stored, and reconcile finds no difference.")
    peak = max(row["peak_memory_mb"] for row in rows)
    report.targets(Target("peak memory", peak, at_most=MOST_MEMORY, unit=" MB"))


def main() -> None:
    parser = arguments("Moving in and out.")
    parser.add_argument("--megabytes", type=int, help="size of the export")
    options = parser.parse_args()
    report = Report("moving", options)
    with stage.opened(options.port) as here:
        measure(here, report, options)
    report.publish()


if __name__ == "__main__":
    main()
