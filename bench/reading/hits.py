"""Answers from memory, in turn with the same bytes from others."""

from collections.abc import Mapping

from bench.asking import fetch
from bench.beside import BARE, NGINX, Server, beside
from bench.figures import Target, turned
from bench.reading.scene import Reads, Scene, comments

CODINGS = {"plain": "", "gzip": "gzip"}
#: The same whatever the thread's size: one comment and its three replies.
SMALLEST = "limit=1"
COUNTED = 50
LEAST = {BARE: 0.85, NGINX: 0.45}
LEAST_OF_COUNTS = {NGINX: 0.4}
BASELINES = {BARE: "the same bytes, bare WSGI callable", NGINX: "the same bytes, nginx"}


def measure(scene: Scene) -> None:
    """First pages of all threads, pages of one comment, and counts, plain and compressed."""
    smallest, *larger = sorted(scene.pages)
    ids = ",".join(str(thread.pk) for thread in scene.ground.threads[:COUNTED])
    counts = scene.address(f"counts?thread={ids}")
    for spoken, coding in CODINGS.items():
        scene.report.say(f"From memory, {spoken}")
        full = {_first(size, spoken): scene.pages[size] for size in reversed(larger)}
        found = _beside_others(scene, full, coding, LEAST)
        _alike(scene, found, _first(scene.largest, spoken), _first(larger[0], spoken))
        small = {_first(smallest, spoken): scene.pages[smallest]}
        _beside_others(scene, small, coding, LEAST)
        one = {
            _one(size, spoken): f"{scene.pages[size]}&{SMALLEST}"
            for size in (smallest, scene.largest)
        }
        found = _beside_others(scene, one, coding, {})
        _alike(scene, found, _one(scene.largest, spoken), _one(smallest, spoken))
        told = {f"{COUNTED} counts in one call, {spoken}": counts}
        _beside_others(scene, told, coding, LEAST_OF_COUNTS)


def _first(size: int, spoken: str) -> str:
    return f"{comments(size)}, first page, {spoken}"


def _one(size: int, spoken: str) -> str:
    return f"{comments(size)}, newest alone, {spoken}"


def _beside_others(
    scene: Scene, urls: Mapping[str, str], coding: str, least: Mapping[str, float]
) -> Reads:
    """Each address in turn with others that give the first one's bytes; rows, and the shares of
    the others' rates that have to be reached.
    """
    bodies = {name: fetch(url, coding) for name, url in urls.items()}
    body = bodies[next(iter(urls))]
    found = Reads()
    _, _, query = next(iter(urls.values())).partition("?")
    with beside(scene.here, body, coding, query=query) as others:
        plan = {name: Server(url, scene.web) for name, url in urls.items()} | others
        for turn in range(scene.rounds):
            for name in turned(list(plan), turn):
                server = plan[name]
                found.take(name, server.url, server.process, coding=coding, seconds=scene.seconds)
    for name in plan:
        size = len(bodies.get(name, body))
        scene.rows.append(found.row(name, told=BASELINES.get(name, name), size=size))
    for name in urls:
        for other, share in least.items():
            if (reached := found.ratio(name, other)) is not None:
                scene.targets.append(Target(f"{name} / {other}", reached, at_least=share))
    return found


def _alike(scene: Scene, found: Reads, large: str, small: str) -> None:
    ratio = found.ratio(large, small)
    assert ratio is not None
    scene.targets.append(Target(f"{large} / {small}", ratio, at_least=0.9))
