"""Pages that have to be rendered: first ones whose thread moved, and those nobody asked for before,
one after another, far down too. One client, in every order there is.
"""

import time
from dataclasses import dataclass, field

import orjson

from bench.asking import Line, fetch
from bench.beside import BARE, NGINX, beside
from bench.figures import Target, percentile
from bench.reading.scene import Row, Scene, comments

#: A page of 20 is rendered once in a second; those of nearly 20 make more of each lap.
LIMITS = range(18, 23)
LAP_SECONDS = 1.02
DEEP, PER_PAGE, MOST_PER_PAGE = 10_000, 20, 100


@dataclass
class Walk:
    """Pages of one thread in one order, with how long they took."""

    what: str
    times: list[float] = field(default_factory=list)
    cpu_seconds: float | None = None

    def row(self, floors: dict[str, float]) -> Row:
        times = sorted(self.times)
        rate = 1_000 * len(times) / sum(times)
        return Row(
            self.what,
            1,
            rate,
            percentile(times, 0.5),
            percentile(times, 0.99),
            of_bare=rate / floors[BARE],
            of_nginx=rate / floors[NGINX] if NGINX in floors else None,
            cpu=None if self.cpu_seconds is None else 1_000 * self.cpu_seconds / len(times),
        )


def measure(scene: Scene) -> None:
    """Every size and order: the first page, and the pages after it; of the largest thread also
    those from the `DEEP`th on.
    """
    from comments.states import Sort

    body = fetch(scene.pages[scene.largest])
    with beside(scene.here, body, "") as others:
        floors = {name: _rate_alone(server.url) for name, server in others.items()}
    orders = [(size, sort) for size in sorted(scene.pages) for sort in Sort.values]
    firsts = _first_pages(scene, orders)
    of_largest = []
    for size, sort in orders:
        scene.report.say(f"Pages of {comments(size)}, {sort}")
        walks = [firsts[size, sort], *_later_pages(scene, size, sort)]
        scene.rows += [walk.row(floors) for walk in walks]
        of_largest += walks if size == scene.largest else []
    for share in (0.5, 0.99):
        slowest = max(percentile(sorted(walk.times), share) for walk in of_largest)
        name = f"a miss of {comments(scene.largest)}, slowest order and depth, p{share * 100:g}"
        scene.targets.append(
            Target(name, round(slowest, 2), at_most=3 if share == 0.5 else 15, unit=" ms")
        )


def _first_pages(scene: Scene, orders: list[tuple[int, str]]) -> dict[tuple[int, str], Walk]:
    """In laps: all threads move, the second of what was answered passes, each page is asked for."""
    found = {
        (size, sort): Walk(f"{comments(size)}, {sort}, first page, rendered")
        for size, sort in orders
    }
    threads = [thread.pk for thread in scene.ground.threads]
    line = Line(scene.pages[scene.largest])
    laps = 5 if scene.short else 12
    scene.report.say(f"First pages, {laps} laps")
    for lap in range(laps + 1):
        until = time.monotonic() + LAP_SECONDS
        scene.here.sql(
            "UPDATE comments_threadslot SET version = version + 1 WHERE thread_id = ANY(%s)",
            threads,
        )
        for (size, sort), walk in found.items():
            took = [line.ask(_page(scene, size, sort, limit))[0] for limit in LIMITS]
            walk.times += took if lap else []  # the one before warms up
        time.sleep(max(until - time.monotonic(), 0))
    line.close()
    return found


def _later_pages(scene: Scene, size: int, sort: str) -> list[Walk]:
    """From the second page on, and from far down, where the thread goes so far."""
    most = 100 if scene.short else 300
    page = _page(scene, size, sort, PER_PAGE)
    line = Line(page)
    cursor = _next(line.ask(page)[1])
    near = Walk(f"{comments(size)}, {sort}, pages after it, rendered")
    cursor = _follow(scene, near, line, page, cursor, most)
    walks = [near] if near.times else []
    if size == scene.largest:
        depth = min(DEEP, size * 6 // 10 // PER_PAGE // 2)
        way = Walk("on the way")
        for_many = _page(scene, size, sort, MOST_PER_PAGE)
        passed = (depth - most) * PER_PAGE // MOST_PER_PAGE
        cursor = _follow(scene, way, line, for_many, cursor, passed)
        far = f"{comments(size)}, {sort}, from page {depth} on, rendered"
        walks.append(Walk(far))
        _follow(scene, walks[-1], line, page, cursor, most)
    line.close()
    return walks


def _follow(
    scene: Scene, walk: Walk, line: Line, page: str, cursor: str | None, most: int
) -> str | None:
    """Page after page from a cursor on; gives that of the page after the last."""
    before = scene.here.spent()
    while cursor is not None and len(walk.times) < most:
        took, body = line.ask(f"{page}&cursor={cursor}")
        walk.times.append(took)
        cursor = _next(body)
    after = scene.here.spent()
    walk.cpu_seconds = sum(after[who] - before[who] for who in ("web", "postgres"))
    return cursor


def _next(body: bytes) -> str | None:
    cursor: str | None = orjson.loads(body)["next"]
    return cursor


def _page(scene: Scene, size: int, sort: str, limit: int) -> str:
    return f"{scene.pages[size].partition('?')[0]}?sort={sort}&limit={limit}"


def _rate_alone(url: str) -> float:
    """Answers a second to one client that asks again and again."""
    line = Line(url)
    times = [line.ask(url)[0] for _ in range(500)][50:]
    line.close()
    return 1_000 * len(times) / sum(times)
