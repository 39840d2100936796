"""Reading: the first page from memory, beside a bare WSGI callable and nginx with the same bytes; a
page that nobody asked for before; reading while others post.

.venv/bin/python -m bench.reading [--short] [--json] [--keep]

The load is wrk where there is one; nginx is left out where there is none.
"""

import argparse
import os
import re
import shutil
import subprocess
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from itertools import count, repeat
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson
import psutil

from bench import load, posting, stage
from bench.figures import Report, Target, arguments, percentile, turned
from bench.stage import Stage

if TYPE_CHECKING:
    from accounts.models import User
    from bench.ground import Ground
    from comments.models import Thread

CONNECTIONS = 16
#: Comments of a thread, four in ten of them replies.
SIZES = (10, 1_000, 100_000, 1_000_000)
CODINGS = {"plain": "", "gzip": "gzip"}
POSTS_PER_SECOND = 50
LATE_SECONDS = 1.05
BARE, NGINX = "a bare WSGI callable", "nginx"
NGINX_CONF = """
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/nginx-body;
  types {{ }}
  default_type application/json;
  server {{
    listen 127.0.0.1:{port};
    location / {{ alias {folder}/; open_file_cache max=10; {more} }}
  }}
}}
"""


@dataclass(frozen=True)
class Read:
    """What came of reading one address again and again."""

    rate: float
    p50_ms: float
    p99_ms: float
    faults: int


def read(url: str, *, coding: str = "", seconds: float) -> Read:
    """Ask for the same over `CONNECTIONS` connections: by wrk, or else by a load of ours that is
    a tenth as quick and so says little of what a server can do.
    """
    if not shutil.which("wrk"):
        return _read_ourselves(url, coding, seconds)
    command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds:g}s", "--latency"]
    if coding:
        command += ["-H", f"Accept-Encoding: {coding}"]
    said = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    faults = sum(map(int, re.findall(r"Non-2xx[^:]*: (\d+)", said)))
    errors = re.search(r"Socket errors: (.*)", said)
    faults += sum(map(int, re.findall(r"\d+", errors[1]))) if errors else 0
    return Read(
        rate=float(re.findall(r"Requests/sec:\s+([\d.]+)", said)[0]),
        p50_ms=_milliseconds(said, "50%"),
        p99_ms=_milliseconds(said, "99%"),
        faults=faults,
    )


def _read_ourselves(url: str, coding: str, seconds: float) -> Read:
    address = urlsplit(url)
    asked = f"GET {address.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: {coding}\r\n\r\n"
    clients = CONNECTIONS
    done = load.run(address.port or 80, repeat(asked.encode()), clients=clients, seconds=seconds)
    times = sorted(done.latencies)
    return Read(
        rate=done.rate,
        p50_ms=1_000 * percentile(times, 0.5),
        p99_ms=1_000 * percentile(times, 0.99),
        faults=len(times) - done.statuses[200],
    )


def _milliseconds(said: str, share: str) -> float:
    value, unit = re.findall(rf"{share}\s+([\d.]+)(us|ms|s)", said)[0]
    return float(value) * {"us": 0.001, "ms": 1, "s": 1_000}[unit]


def fill(thread: "Thread", size: int, author: "User") -> None:
    """Publish so many comments in a thread: six in ten of the first level; its newest twenty have
    three replies each, the rest stands below the others down to the sixth level.
    """
    from django.db import connection

    from bench import words
    from comments import rendering
    from comments.models import Comment
    from common import clock
    from common.ids import new_id

    bodies = words.bodies("reading")
    texts = [(body, rendering.to_html(body)) for body in (next(bodies) for _ in range(500))]
    fields = list(Comment._meta.concrete_fields)
    began, step = clock.now() - timedelta(days=30), count()

    def row(**said: Any) -> list[Any]:
        number = next(step)
        body, html = texts[number % len(texts)]
        when = began + timedelta(seconds=number)
        known = {
            "thread_id": thread.pk,
            "author_id": author.pk,
            "body": body,
            "body_html": html,
            "renderer_version": rendering.RENDERER_VERSION,
            "language": "en",
            "edition": "en",
            "status": "published",
            **dict.fromkeys(("created_at", "published_at", "touched_at"), when),
            **said,
        }
        return [known.get(each.attname, each.get_default()) for each in fields]

    roots = [new_id() for _ in range(max(1, size * 6 // 10))]
    below = _replies(roots, [new_id() for _ in range(size - len(roots))])
    counts = Counter(root for root, *_ in below)
    names = ", ".join(f'"{each.column}"' for each in fields)
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY comments_comment ({names}) FROM STDIN") as copy:
            for each in roots:
                copy.write_row(row(id=each, reply_count=counts[each]))
            for root, parent, own, depth in below:
                copy.write_row(row(id=own, root_id=root, parent_id=parent, depth=depth))
        cursor.execute(
            "UPDATE comments_thread SET comment_count = %s WHERE id = %s", [size, thread.pk]
        )


def _replies(roots: list[UUID], ids: list[UUID]) -> list[tuple[UUID, UUID, UUID, int]]:
    """Root, parent, own id and depth of each reply."""
    first = [root for root in reversed(roots[-20:]) for _ in range(3)]
    found = [(root, root, own, 1) for root, own in zip(first, ids, strict=False)]
    for number, own in enumerate(ids[len(found) :]):
        turn, depth = divmod(number, 6)
        root = roots[turn % len(roots)]
        parent = found[-1][2] if depth else root
        found.append((root, parent, own, depth + 1))
    return found


@contextmanager
def beside(here: Stage, body: bytes, coding: str) -> Iterator[dict[str, str]]:
    """Servers of a constant body: the product's with a bare callable, and nginx if there is one."""
    path = here.folder / "body"
    path.write_bytes(body)
    os.environ.update(BENCH_BODY=str(path), BENCH_CODING=coding)
    bare, other = here.port + 1, here.port + 2
    arguments = here._child("web")[1]
    swap = {str(here.port): str(bare), stage.PRODUCT: "bench.bare:application"}
    here._start("floor", "granian", [swap.get(each, each) for each in arguments])
    here._await_port(bare, "/")
    urls = {BARE: f"http://127.0.0.1:{bare}/"}
    process = None
    if shutil.which("nginx"):
        more = f"add_header Content-Encoding {coding};" if coding else ""
        conf = here.folder / "nginx.conf"
        conf.write_text(NGINX_CONF.format(folder=here.folder, port=other, more=more))
        process = subprocess.Popen(["nginx", "-c", str(conf), "-g", "daemon off;"])
        here._await_port(other, "/body")
        urls[NGINX] = f"http://127.0.0.1:{other}/body"
    try:
        yield urls
    finally:
        here._end("floor")
        if process:
            process.terminate()
            process.wait()


def fetch(url: str, coding: str = "") -> tuple[float, bytes]:
    """Milliseconds and body of one answer, not counting the connection."""
    address = urlsplit(url)
    with closing(HTTPConnection("127.0.0.1", address.port)) as line:
        line.connect()
        began = time.perf_counter()
        line.request("GET", f"{address.path}?{address.query}", headers={"Accept-Encoding": coding})
        answer = line.getresponse()
        body = answer.read()
        took = 1_000 * (time.perf_counter() - began)
    if answer.status != 200:
        raise load.UnexpectedAnswer(f"{answer.status} for {url}")
    return took, body


def measure(here: Stage, report: Report, options: argparse.Namespace) -> None:
    """All of it."""
    from django.db import connection

    from bench import ground

    seconds, rounds, sizes = (2.0, 3, SIZES[:3]) if options.short else (5.0, 3, SIZES)
    laid = ground.lay(readers=100, threads=len(sizes))
    pages = {}
    for size, thread in zip(sizes, laid.threads, strict=True):
        report.say(f"A thread of {_comments(size)}")
        fill(thread, size, laid.readers[0])
        pages[size] = f"http://127.0.0.1:{here.port}/api/v1/threads/{thread.pk}/comments"
    connection.close()
    here.settle()
    here.start_web(floor=False)
    by = "wrk" if shutil.which("wrk") else "a load of ours (there is no wrk here)"
    report.notes.append(f"{CONNECTIONS} connections of {by}; medians of {rounds} rounds.")
    targets: list[Target] = []
    for spoken, coding in CODINGS.items():
        targets += hits(here, report, pages, spoken, coding, seconds=seconds, rounds=rounds)
    targets += misses(report, pages, wanted=100 if options.short else 400)
    laid.threads = laid.threads[-2:-1]
    targets += while_posting(
        here, report, pages[sizes[-2]], laid, seconds=5.0 if options.short else 20.0
    )
    web = psutil.Process(here.running["product"].pid)
    held = sum(each.memory_full_info().pss for each in (web, *web.children(recursive=True)))
    targets.append(Target("PSS of web after all", round(held / 2**20), at_most=400, unit=" MB"))
    report.targets(*targets)


def _comments(size: int) -> str:
    return f"{size:,} comments".replace(",", " ")


def hits(
    here: Stage,
    report: Report,
    pages: dict[int, str],
    spoken: str,
    coding: str,
    *,
    seconds: float,
    rounds: int,
) -> list[Target]:
    """The first page of each thread from memory, in turn with the same bytes from others."""
    _took, body = fetch(pages[max(pages)], coding)
    found: dict[str, list[Read]] = defaultdict(list)
    with beside(here, body, coding) as others:
        plan = {_comments(size): url for size, url in pages.items()} | others
        for turn in range(rounds):
            report.say(f"First page, {spoken}, round {turn + 1} of {rounds}")
            for name in turned(list(plan), turn):
                found[name].append(read(plan[name], coding=coding, seconds=seconds))

    def ratio(name: str, other: str) -> float:
        pairs = zip(found[name], found[other], strict=True)
        return round(median(one.rate / two.rate for one, two in pairs), 3)

    rows = [
        {
            "answered": name,
            "per_second": round(median(one.rate for one in each)),
            "p50_ms": round(median(one.p50_ms for one in each), 2),
            "p99_ms": round(median(one.p99_ms for one in each), 2),
            "faults": sum(one.faults for one in each),
            **{f"of {other}": ratio(name, other) for other in others},
        }
        for name, each in found.items()
    ]
    report.add(f"First page from memory, {spoken}, {len(body)} bytes", rows)
    wanted = {BARE: 0.85, NGINX: 0.45}
    return [
        *(
            Target(f"{_comments(size)}, {spoken} / {other}", ratio(_comments(size), other), least)
            for size in pages
            for other, least in wanted.items()
            if other in others
        ),
        Target(
            f"{_comments(max(pages))} / {_comments(min(pages))}, {spoken}",
            ratio(_comments(max(pages)), _comments(min(pages))),
            at_least=0.9,
        ),
    ]


def misses(report: Report, pages: dict[int, str], *, wanted: int) -> list[Target]:
    """Pages that nobody asked for before: each thread from its beginning, page after page."""
    rows = []
    for size, page in pages.items():
        for sort in ("newest", "oldest"):
            times: list[float] = []
            cursor: str | None = ""
            while cursor is not None and len(times) < wanted:
                more = f"&cursor={cursor}" if cursor else f"&limit={20 + len(times)}"
                took, body = fetch(f"{page}?sort={sort}{more}")
                times.append(took)
                cursor = orjson.loads(body)["next"]
            times.sort()
            rows.append(
                {
                    "thread": _comments(size),
                    "sort": sort,
                    "pages": len(times),
                    "p50_ms": round(percentile(times, 0.5), 2),
                    "p99_ms": round(percentile(times, 0.99), 2),
                }
            )
    report.add("Pages that nobody asked for before, one after another", rows)
    largest = [row for row in rows if row["thread"] == _comments(max(pages))]
    return [
        Target("a miss, p50", max(row["p50_ms"] for row in largest), at_most=3, unit=" ms"),
        Target("a miss, p99", max(row["p99_ms"] for row in largest), at_most=15, unit=" ms"),
    ]


def while_posting(
    here: Stage, report: Report, page: str, laid: "Ground", *, seconds: float
) -> list[Target]:
    """Read a thread while it gets `POSTS_PER_SECOND`; look whether what is a second old shows."""
    report.say(f"Reading while others post, {POSTS_PER_SECOND} a second")
    accepted: deque[tuple[float, str]] = deque()
    unseen: list[str] = []
    passed = looked = 0

    def listen(_number: int, body: bytes, now: float) -> None:
        nonlocal passed, looked
        accepted.append((now, orjson.loads(body)["id"]))
        while accepted and accepted[0][0] < now - LATE_SECONDS:
            _then, comment = accepted.popleft()
            passed += 1
            if passed % 25 == 0:
                looked += 1
                _took, body = fetch(f"{page}?limit=100")
                if comment.encode() not in body:
                    unseen.append(comment)

    alone = read(page, seconds=seconds)
    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(read, page, seconds=seconds)
        posts = posting.requests(laid, threads=1)
        done = load.paced(here.port, posts, rate=POSTS_PER_SECOND, seconds=seconds, listen=listen)
        busy = reading.result()
    done.acknowledged(201)
    rows = [
        {"reading": "alone", "per_second": round(alone.rate), "p99_ms": alone.p99_ms},
        {"reading": "while others post", "per_second": round(busy.rate), "p99_ms": busy.p99_ms},
    ]
    report.add(f"Reading while others post, {len(done.latencies)} posts", rows)
    report.notes.append(f"Looked {looked} times for a comment that was accepted a second before.")
    return [
        Target("reading while others post / alone", round(busy.rate / alone.rate, 3), 0.6),
        Target("faults meanwhile", busy.faults, at_most=0),
        Target("not shown a second after its 201", len(unseen), at_most=0),
    ]


def main() -> None:
    options = arguments("Reading, beside its floors.").parse_args()
    report = Report("reading", options)
    with stage.opened(options.port) as here:
        measure(here, report, options)
    report.publish()


if __name__ == "__main__":
    main()
