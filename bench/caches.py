"""Caches in front, by the configuration that we ship: what reading through nginx costs, what share
of a spike they answer themselves, how soon they show no more what was removed.

.venv/bin/python -m bench.caches [--short] [--json] [--keep]

It wants nginx, wrk, and varnish with varnish-modules.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from statistics import median
from threading import Event, Thread
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import psutil

from bench import load, shipped, stage, words
from bench.asking import CONNECTIONS, fetch
from bench.figures import Report, Target, arguments, turned
from bench.reading.scene import Reads
from bench.stage import Stage

if TYPE_CHECKING:
    from bench.ground import Ground

NGINX_PORT, VARNISH_PORT = 10, 20  # so far from the bench's own
NAME = "localhost"
#: Of nginx giving the same bytes from a file, in the same process.
LEAST_OF_CONSTANT = 0.7
CODINGS = {"plain": "", "gzip": "gzip"}
COMMENTS = 1_000

#: The spike: readers a second, in stretches of some seconds, for so many threads of which the n-th
#: The spike: requests a second, in stretches of some seconds, for so many threads of which the n-th
#: is asked for 1/n as often as the first. On a hundred requests comes a comment, as unevenly.
RATES = (50, 200, 500, 400, 300, 200, 100, 50)
THREADS, REQUESTS_FOR_A_COMMENT = 40, 100
SEED = 11
#: What a reader's page asks for.
ASKED = ("comments?sort=best", "comments?sort=newest", "")
GONE = {"varnish": 5.0, "nginx": 3.0}
PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Front:
    """A cache before web. `asked`: how many requests web had from it, and it from readers."""

    name: str
    port: int
    asked: Callable[[], tuple[int, int]]


def measure(here: Stage, report: Report, options: argparse.Namespace) -> None:
    """All of it: without a purger, and with one."""
    from django.db import connection

    from bench import filling, ground

    laid = ground.lay(readers=50, threads=THREADS + 1)
    writers = [reader.pk for reader in laid.readers]
    filling.Filling(here.database, writers).fill([(laid.threads[-1].pk, COMMENTS)])
    filling.Filling(here.database, writers).fill([(each.pk, 50) for each in laid.threads[:-1]])
    connection.close()
    here.settle()
    targets: list[Target] = []
    here.start_web(floor=False)
    targets += first_page(here, report, laid, short=options.short)
    with here.workers(), nginx_in_front(here) as front:
        targets += spike(front, here, report, laid, short=options.short)
    here.end_one("product")
    os.environ |= {
        "CDN_PURGER": "varnish",
        "CDN_PURGE_URLS": f"http://127.0.0.1:{here.port + VARNISH_PORT}/",
        "CDN_SECONDS": "60",
    }
    here.forget_work()
    here.start_web(floor=False)
    with here.workers(), varnish_in_front(here) as front:
        targets += spike(front, here, report, laid, short=options.short)
    report.targets(*targets)


# -- what reading costs ---------------------------------------------------------------------------
def first_page(here: Stage, report: Report, laid: "Ground", *, short: bool) -> list[Target]:
    """A thread's first page through nginx beside the same bytes as a file of the same nginx."""
    path = f"/api/v1/threads/{laid.threads[-1].pk}/comments?sort=newest"
    rows, targets = [], []
    for spoken, coding in CODINGS.items():
        body = fetch(f"http://127.0.0.1:{here.port}{path}", coding)
        with nginx(here, body=body, coding=coding) as process:
            urls = {
                "through nginx": f"http://{NAME}:{here.port + NGINX_PORT}{path}",
                "constant body": f"http://{NAME}:{here.port + NGINX_PORT}/constant/body",
            }
            found = Reads()
            for turn in range(3 if short else 5):
                for name in turned(list(urls), turn):
                    seconds = 1.0 if short else 4.0
                    found.take(name, urls[name], process, coding=coding, seconds=seconds)
        for name in urls:
            told = found.row(name, told=f"{name}, {spoken}", size=len(body)).told()
            rows.append({key: told[key] for key in SHOWN})
        ratio = found.ratio("through nginx", "constant body")
        assert ratio is not None
        what = f"first page through nginx / constant body, {spoken}"
        targets.append(Target(what, ratio, at_least=LEAST_OF_CONSTANT))
    report.add("First page", rows)
    report.notes.append(
        f"First page of a thread of {COMMENTS} comments through deploy/nginx.conf with its cache "
        f"of a second, beside a file of the same nginx: {CONNECTIONS} connections of wrk, HTTP/1.1 "
        "in the clear, medians of the rounds. CPU and memory are nginx's."
    )
    return targets


SHOWN = ("read", "per_second", "p50_ms", "p99_ms", "bytes", "cpu_s_per_1000", "pss_mb")
CONSTANT = """
        location /constant/ {{
            alias {folder}/constant/;
            types {{ }}
            default_type application/json;
            {coding}
            open_file_cache max=10;
        }}

        location / {{
            proxy_pass http://web;
"""
#: What it did for each request: that is read by the spike alone, a line costs time.
LOGGED = 'log_format did "$upstream_cache_status";\n    access_log {folder}/did.log did;'


@contextmanager
def nginx(
    here: Stage, *, body: bytes = b"", coding: str = "", log: bool = False
) -> Iterator[psutil.Process]:
    """deploy/nginx.conf before web, in the clear; beside it a file with this body."""
    folder = here.folder / f"nginx-{coding or 'plain'}-{log}"
    (folder / "constant").mkdir(parents=True)
    folder.chmod(0o755)
    (folder / "constant" / "body").write_bytes(body)
    coded = f"add_header Content-Encoding {coding};" if coding else ""
    command = shipped.nginx(
        folder,
        web=here.port,
        live=here.port + 1,
        port=here.port + NGINX_PORT,
        tls=False,
        more={
            r"comments\.example;": f"{NAME};",
            r"^ *location / \{\n *proxy_pass http://web;\n": CONSTANT.format(
                folder=folder, coding=coded
            ),
            **({r"access_log off;": LOGGED.format(folder=folder)} if log else {}),
        },
    )
    with shipped.running(command, folder, here.port + NGINX_PORT) as process:
        yield process


# -- a spike --------------------------------------------------------------------------------------
@contextmanager
def nginx_in_front(here: Stage) -> Iterator[Front]:
    with nginx(here, log=True):
        log = here.folder / "nginx-plain-True" / "did.log"

        def asked() -> tuple[int, int]:
            did = log.read_text().split()
            return sum(each != "HIT" for each in did), len(did)

        yield Front("nginx", here.port + NGINX_PORT, asked)


@contextmanager
def varnish_in_front(here: Stage) -> Iterator[Front]:
    folder = here.folder / "before"
    folder.mkdir()
    folder.chmod(0o755)
    port = here.port + VARNISH_PORT
    command = shipped.varnish(folder, web=here.port, live=here.port + 1, port=port)
    with shipped.running(command, folder, port):

        def asked() -> tuple[int, int]:
            told = shipped.counted(folder)
            return told["cache_miss"] + told["cache_hitmiss"], sum(told.values())

        yield Front("varnish", port, asked)


def spike(
    front: Front, here: Stage, report: Report, laid: "Ground", *, short: bool
) -> list[Target]:
    """Replay it; then have comments removed and look when they are gone."""
    report.say(f"A spike before {front.name}")
    over = Event()
    pace = [RATES[0]]
    writing = Thread(target=post_on, args=(here.port, laid, over, pace))
    fetched, asked = front.asked()
    times: list[float] = []
    rows = []
    requests = readers(laid)
    writing.start()
    try:
        for rate in RATES:
            pace[0] = rate
            before = front.asked()
            seconds = 3.0 if short else 10.0
            done = load.paced(front.port, requests, rate=rate, seconds=seconds, listen=nobody)
            done.acknowledged(200)
            after = front.asked()
            times += done.latencies
            asked_now = after[1] - before[1]
            rows.append(
                {
                    "requests_per_second": rate,
                    "answered": asked_now,
                    "by_web": after[0] - before[0],
                    "hit_share": f"{1 - (after[0] - before[0]) / asked_now:.1%}",
                    "p50_ms": round(1_000 * median(done.latencies), 2),
                }
            )
    finally:
        over.set()
        writing.join()
    last = front.asked()
    share = 1 - (last[0] - fetched) / (last[1] - asked)
    report.add(f"A spike before {front.name}", rows)
    waits = [gone(front, here, laid, number) for number in range(3 if short else 20)]
    report.add(
        f"From a removal until {front.name} shows no more of it",
        [
            {
                "removals": len(waits),
                "p50_s": round(median(waits), 2),
                "longest_s": round(max(waits), 2),
            }
        ],
    )
    report.notes.append(
        f"The spike before {front.name}: {THREADS} threads, the n-th asked for 1/n as often as the "
        f"first, {len(ASKED)} addresses each; on {REQUESTS_FOR_A_COMMENT} requests comes a comment."
    )
    least = [Target(f"hit share, {front.name}", round(100 * share, 1), at_least=95, unit=" %")]
    if front.name == "nginx":  # its second has no share to reach
        report.notes.append(f"Of that spike nginx, with its second, answered {share:.1%} itself.")
        least = []
    most = Target(
        f"removed and gone, {front.name}", round(max(waits), 2), at_most=GONE[front.name], unit=" s"
    )
    return [*least, most]


def uneven(laid: "Ground", random: Random) -> Iterator[str]:
    """Ids of threads, the n-th 1/n as often as the first."""
    ids = [str(each.pk) for each in laid.threads[:THREADS]]
    weights = [1 / number for number in range(1, THREADS + 1)]
    while True:
        yield from random.choices(ids, weights, k=100)


def readers(laid: "Ground") -> Iterator[bytes]:
    """What readers' pages ask for, in the same order each time."""
    random = Random(SEED)
    for thread in uneven(laid, random):
        path = f"/api/v1/threads/{thread}/{random.choice(ASKED)}".rstrip("/")
        yield f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nAccept-Encoding: gzip\r\n\r\n".encode()


def nobody(number: int, body: bytes, now: float) -> None:
    """Looks at no answer."""


def post_on(port: int, laid: "Ground", over: Event, pace: list[int]) -> None:
    """Comments come, at this pace of requests, until it is over."""
    bodies = words.bodies("caches")
    for thread in uneven(laid, Random(SEED + 1)):
        if over.wait(REQUESTS_FOR_A_COMMENT / pace[0]):
            return
        post(port, laid, thread, next(bodies))


def gone(front: Front, here: Stage, laid: "Ground", number: int) -> float:
    """Seconds from the answer to a removal until the cache shows the comment no more."""
    thread = str(laid.threads[0].pk)
    page = f"/api/v1/threads/{thread}/comments?sort=newest"
    place = post(here.port, laid, thread, f"Removed soon: {number} {front.name}.")
    comment = place.rpartition("/")[2].encode()
    seconds_until(lambda: comment in said(front.port, page))
    call(here.port, place, "DELETE", laid)
    return seconds_until(lambda: comment not in said(front.port, page))


def seconds_until(is_so: Callable[[], bool]) -> float:
    began = time.perf_counter()
    while not is_so():
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise TimeoutError(f"not after {PATIENCE_SECONDS} s")
        time.sleep(0.02)
    return time.perf_counter() - began


def said(port: int, path: str) -> bytes:
    request = Request(f"http://127.0.0.1:{port}{path}", headers={"Host": NAME})
    with urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310  (our own address)
        return bytes(answer.read())


def post(port: int, laid: "Ground", thread: str, body: str) -> str:
    """Write a comment; give its path."""
    from common.json import dumps

    path = f"/api/v1/threads/{thread}/comments"
    return call(port, path, "POST", laid, dumps({"body": body}))


def call(port: int, path: str, method: str, laid: "Ground", body: bytes | None = None) -> str:
    headers = {"Host": NAME, "Authorization": f"Bearer {laid.tokens[0]}"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    url = f"http://127.0.0.1:{port}{path}"
    request = Request(url, data=body, headers=headers, method=method)
    with urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310  (our own address)
        return str(answer.headers["Location"] or "")


def main() -> None:
    options = arguments("Caches in front.").parse_args()
    missing = [each for each in ("nginx", "varnishd", "wrk") if not shipped.is_there(each)]
    if missing:
        raise SystemExit(f"Not here: {', '.join(missing)}.")
    report = Report("caches", options)
    with stage.opened(options.port) as here:
        measure(here, report, options)
    report.publish()


if __name__ == "__main__":
    main()
