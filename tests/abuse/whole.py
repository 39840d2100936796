"""Whole data sets against a running install: what each round sent, and what came of it."""

import base64
import gzip
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests.abuse import hostile, samples
from tests.install import Install

SECONDS = 30
JSON = {"Content-Type": "application/json"}
MEGABYTE = 1_048_576
#: Each answer within so many seconds; the web processes grow by no more than so many megabytes.
LONGEST_SECONDS, MOST_GROWN = 1.0, 50.0
#: CPU that any text may cost, in seconds.
MOST_CPU = 0.2
#: Of each kind of imitation, this share at least; of real names, none.
REFUSED_SHARE, REAL = 0.95, "legit"


@dataclass
class Round:
    """What came of one data set."""

    name: str
    rows: int = 0
    sent: int = 0
    refused: int = 0
    broken: int = 0
    wrong: int = 0
    slowest: float = 0.0
    most_cpu: float = 0.0
    grown: float = 0.0
    #: Of what was wrong, the first few.
    told: tuple[str, ...] = ()

    def note(self, what: str) -> None:
        self.wrong += 1
        self.told = (*self.told, what)[:5]

    @property
    def failed(self) -> bool:
        return bool(self.broken or self.wrong) or self.grown > MOST_GROWN


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    cpu: float
    seconds: float

    @property
    def code(self) -> str:
        """The code of a problem; empty for what is none."""
        try:
            found: str = json.loads(self.body).get("code", "")
        except (ValueError, AttributeError):
            return ""
        return found


class Target:
    """A running install, a reader in it, a publisher's key, and something to write to."""

    def __init__(self, install: Install) -> None:
        self.install = install
        demo = install.demo
        self.site, self.thread = demo["site"]["id"], demo["article"]["thread"]
        self.token = install.reader_token(demo["reader"]["email"], site=self.site)
        self.key = demo["site"]["api_key"]
        path = f"/api/v1/threads/{self.thread}/comments"
        self.comment = json.loads(self.send("GET", path).body)["results"][0]["id"]
        posted = self.send("POST", path, b'{"body": "To be edited."}', JSON, self.token)
        self.own = json.loads(posted.body)["id"]
        self.processes = [each for each in install.family("web") if each.is_running()]

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        bearer: str | None = None,
    ) -> Answer:
        """Ask once; an answer that does not come is one of 599."""
        sent = dict(headers or {})
        if bearer:
            sent |= {"Authorization": f"Bearer {bearer}"}
        connection = HTTPConnection(urlsplit(self.install.base_url).netloc, timeout=SECONDS)
        before, begun = self.cpu(), time.perf_counter()
        with closing(connection):
            with suppress(BrokenPipeError, ConnectionResetError):  # refused before it was read
                connection.request(method, path, body, sent)
            try:
                answer = connection.getresponse()
                status, content = answer.status, answer.read()
            except OSError:
                status, content = 599, b""
        return Answer(status, content, self.cpu() - before, time.perf_counter() - begun)

    def cpu(self) -> float:
        """CPU seconds that the web processes have used so far."""
        times = [each.cpu_times() for each in getattr(self, "processes", [])]
        return sum(each.user + each.system for each in times)

    def memory(self) -> float:
        """Megabytes that the web processes hold."""
        return sum(each.memory_info().rss for each in self.processes) / MEGABYTE

    def writes(self) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        """Every call of the API that reads a body: method, path, who calls, a sound body."""
        ids = {"thread_id": self.thread, "comment_id": self.comment, "external_id": "abuse"}
        for name, sample in samples.BODIES.items():
            method, path = name.split(" ")
            if sample is None:
                continue
            names = ids | ({"comment_id": self.own} if method == "PATCH" else {})
            bearer = self.key if path.startswith("/publisher/") else self.token
            yield method, f"/api/v1{path.format(**names)}", bearer, sample
        for path in ("auth/login", "auth/signup", "auth/code/request", "auth/password/request"):
            yield "POST", f"/_allauth/app/v1/{path}", "", {"email": "ada@mail.example"}


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    """A data set: JSON lines, gzip."""
    with gzip.open(folder / name / "dev.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


Judge = Callable[[Answer], str | None]


def run(
    target: Target, found: Round, calls: Iterable[tuple[Any, ...]], judge: Judge | None = None
) -> Round:
    """Send all calls; `judge` says what is wrong with an answer beside 5xx and slowness."""
    before, highest = target.memory(), 0.0
    for call in calls:
        answer = _lowest(target, call)
        seconds = answer.seconds
        found.sent += 1
        found.refused += 400 <= answer.status < 500
        found.broken += answer.status >= 500
        found.slowest = max(found.slowest, seconds)
        found.most_cpu = max(found.most_cpu, answer.cpu)
        what = f"{call[0]} {call[1]}"[:80]
        if answer.status >= 500:
            found.told = (*found.told, f"{what}: {answer.status}")[:5]
        if seconds > LONGEST_SECONDS:
            found.note(f"{what}: {seconds:.1f} s")
        if judge and (fault := judge(answer)):
            found.note(f"{what}: {fault}")
        highest = max(highest, target.memory())
    found.grown = max(highest - before, 0.0)
    return found


def _lowest(target: Target, call: tuple[Any, ...]) -> Answer:
    """The answer; where it seems too dear, the cheapest of three. The clocks count what else the
    machine does, which only adds, and is not there each time.
    """
    answer: Answer = target.send(*call)
    for _ in range(2):
        if answer.status < 500 and (answer.cpu > MOST_CPU or answer.seconds > LONGEST_SECONDS):
            again: Answer = target.send(*call)
            answer = min(answer, again, key=lambda each: (each.status < 500, each.cpu))
    return answer


# -- rounds ------------------------------------------------------------------------------------
def json_torture(target: Target, folder: Path) -> Round:
    """Bodies that parsers stumble over, at every address that reads one."""
    all_rows = rows(folder, "json_torture")
    found = Round("json_torture", rows=len(all_rows))
    for row in all_rows:
        body = base64.b64decode(row["b64"])
        calls = [(m, path, body, JSON, bearer) for m, path, bearer, _ in target.writes()]
        run(target, found, calls, lambda answer, row=row: _judged(row, answer))
    return found


def _judged(row: dict[str, Any], answer: Answer) -> str | None:
    if row["expect"] == "reject" and not 400 <= answer.status < 500:
        return f"{row['name']} was taken: {answer.status}"
    if row["expect"] == "accept" and answer.code == "malformed_json":
        return f"{row['name']} is JSON"
    return None


def hostile_bodies(target: Target, folder: Path) -> Round:
    """Ten megabytes, a hundred thousand levels, ten thousand parts, charsets that are none."""
    found = Round("hostile bodies", rows=len(hostile.BODIES + hostile.CHARSETS))
    calls = [
        (method, path, sent.body, {"Content-Type": sent.content_type}, bearer)
        for sent in hostile.BODIES + hostile.CHARSETS
        for method, path, bearer, _ in target.writes()
    ]
    return run(target, found, calls, lambda answer: None if answer.status >= 400 else "was taken")


def naughty_strings(target: Target, folder: Path) -> Round:
    """Strings that break things, in every text of every body, and in queries."""
    all_rows = [row["payload"] for row in rows(folder, "naughty_strings")]
    found = Round("naughty_strings", rows=len(all_rows))
    return run(target, found, _texts(target, all_rows))


def _texts(target: Target, texts: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    for text in texts:
        for method, path, bearer, sample in target.writes():
            for name in [each for each, value in sample.items() if isinstance(value, str)]:
                body = json.dumps({**sample, name: text}, ensure_ascii=True).encode()
                yield method, path, body, JSON, bearer
        story = samples.STORY["editions"][0] | {"title": text, "standfirst": text}
        body = json.dumps({"editions": [story], "authors": [text], "topics": [text]}).encode()
        yield "PUT", "/api/v1/publisher/articles/abuse", body, JSON, target.key
        asked = quote(text, safe="", errors="replace")
        yield "GET", f"/api/v1/threads/lookup?url={asked}"
        yield "GET", f"/api/v1/threads/{target.thread}/comments?cursor={asked}&sort={asked}"


def name_spoofing(target: Target, folder: Path) -> Round:
    """Names that imitate others, which a reader tries to take; and real ones, which they may."""
    all_rows = rows(folder, "name_spoofing")
    found = Round("name_spoofing", rows=len(all_rows))
    taken: Counter[str] = Counter()
    for row in all_rows:
        before = found.refused
        body = json.dumps({"name": row["payload"]}).encode()
        run(target, found, [("PATCH", "/api/v1/me", body, JSON, target.token)])
        taken[row["kind"]] += found.refused == before
    for kind, count in Counter(row["kind"] for row in all_rows).items():
        if kind == REAL and taken[kind] < count:
            found.note(f"{count - taken[kind]} of {count} real names were refused")
        elif kind != REAL and taken[kind] > (1 - REFUSED_SHARE) * count:
            found.note(f"{taken[kind]} of {count} were taken: {kind}")
    return found


def redos_patterns(target: Target, folder: Path) -> Round:
    """Patterns that cost others seconds, and what they choke on, as texts."""
    all_rows = [row["payload"] for row in rows(folder, "redos_patterns")]
    found = Round("redos_patterns", rows=len(all_rows))
    texts = [*all_rows, *(row * (9_000 // max(len(row), 1)) for row in all_rows)]
    return run(target, found, _texts(target, texts), _within_cpu)


def long_texts(target: Target, folder: Path) -> Round:
    """Ten thousand characters of what Markdown, links and names take longest over."""
    found = Round("long texts", rows=len(hostile.TEXTS))
    return run(target, found, _texts(target, hostile.TEXTS), _within_cpu)


def _within_cpu(answer: Answer) -> str | None:
    return f"{answer.cpu * 1_000:.0f} ms of CPU" if answer.cpu > MOST_CPU else None


ROUNDS = [
    json_torture,
    hostile_bodies,
    naughty_strings,
    name_spoofing,
    redos_patterns,
    long_texts,
]
