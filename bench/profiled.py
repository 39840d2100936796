"""What the web server runs for a profile: the product's application with clocks in it.

One process, one thread. `/bench/clocks` gives what the clocks say and sets them back, as
`/bench/calls` does for cProfile, which runs only between `/bench/calls/start` and that. A bench
that imports this has the same clocks in its own process.
"""

import cProfile
import functools
import io
import pstats
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import orjson
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.backends.signals import connection_created

from config.wsgi import application as product

WHOLE = "around it all: middleware and routing, or the relay"

#: What is timed: where it stands, and what it is called in the table. A part's time is without
#: that of the parts in it. What is no longer there is left out.
PARTS = {
    "rest_framework.views:APIView.dispatch": "the view and Django REST framework",
    "accounts.authentication:TokenAuthentication.authenticate": "signing in (Python)",
    "accounts.authentication:RememberedToken.authenticate": "signing in (Python)",
    "comments.api.serializers:PostInput.is_valid": "checking the input",
    "comments.services.lifecycle:post": "the service (Python, ORM included)",
    "comments.services.lifecycle:_rendered": "rendering Markdown",
    "comments.services.lifecycle:screen": "screening in the request",
    "comments.services.lifecycle:languages.of": "finding the language",
    "comments.services.lifecycle:_store": "composing what is stored",
    "comments.services.votes:cast": "the service (Python, ORM included)",
    "comments.services.counting:fold_soon": "asking for a fold",
    "outbox.services.relay:_lease": "leasing rows",
    "outbox.services.relay:record": "recording events",
    "moderation.services.judging:judge": "phases of the worker",
    "comments.services.lifecycle:conclude": "concluding (Python, ORM included)",
    "comments.services.lifecycle:_move": "moving the comment (Python, ORM included)",
    "outbox.services.waking:wake": "waking workers",
    "logging:Logger.handle": "writing the log",
    "comments.api.writing:_as_own": "shaping the answer",
    "rest_framework.response:Response.rendered_content": "writing JSON",
}


class Clocks:
    """Exclusive time by part: a part's clock stands still while one inside it runs.

    Only what happens within the outermost part is timed: other threads' work is not.
    """

    def __init__(self, outermost: str) -> None:
        self.outermost = outermost
        self.parts: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0])
        self.running: list[str] = []
        self.thread = 0
        self.since = 0.0
        self.cpu_since = 0.0

    def __call__(self, name: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if name == self.outermost:
            self.thread = threading.get_ident()
        elif not self.running or threading.get_ident() != self.thread:
            return function(*args, **kwargs)
        self._lap()
        self.running.append(name)
        self.parts[name][2] += 1
        try:
            return function(*args, **kwargs)
        finally:
            self._lap()
            self.running.pop()

    def _lap(self) -> None:
        now, cpu = time.perf_counter(), time.thread_time()
        if self.running:
            part = self.parts[self.running[-1]]
            part[0] += now - self.since
            part[1] += cpu - self.cpu_since
        self.since, self.cpu_since = now, cpu

    def read(self) -> dict[str, list[float]]:
        """Seconds, CPU seconds of the thread and calls of each part since the last reading."""
        said = dict(self.parts)
        self.parts.clear()
        return said


clocks = Clocks(WHOLE)
profiler = cProfile.Profile()
profiling = False


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The product behind its clocks."""
    global profiler, profiling
    path = environ["PATH_INFO"]
    if path == "/bench/clocks":
        return _say(start_response, orjson.dumps(clocks.read()))
    if path == "/bench/calls/start":
        profiler, profiling = cProfile.Profile(), True
        return _say(start_response, b"{}")
    if path == "/bench/calls":
        profiling = False
        return _say(start_response, top_calls(profiler).encode())
    if profiling:
        return profiler.runcall(product, environ, start_response)
    return clocks(WHOLE, product, environ, start_response)


def _say(start_response: Callable[..., Any], body: bytes) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def top_calls(profiler: cProfile.Profile) -> str:
    """The functions that took most, by themselves and with what they called."""
    said = io.StringIO()
    stats = pstats.Stats(profiler, stream=said)
    stats.sort_stats("tottime").print_stats(45)
    stats.sort_stats("cumulative").print_stats(70)
    return re.sub(r"\S*/(site-packages|lib/python3\.\d+)/", "", said.getvalue())


def _wind_up() -> None:
    for place, name in PARTS.items():
        module, _, path = place.partition(":")
        *owners, attribute = path.split(".")
        try:
            owner = functools.reduce(getattr, owners, import_module(module))
            plain = owner.__dict__[attribute]
        except (ImportError, AttributeError, KeyError):
            continue
        setattr(owner, attribute, _timed(name, plain))
    DatabaseWrapper.is_usable = _timed("SQL: is the connection alive?", DatabaseWrapper.is_usable)
    BaseDatabaseWrapper._commit = _timed("SQL: COMMIT", BaseDatabaseWrapper._commit)
    connection_created.connect(_watch, weak=False)


def _timed(name: str, plain: Any) -> Any:
    if isinstance(plain, property):
        return property(_timed(name, plain.fget))

    @functools.wraps(plain)
    def timed(*args: Any, **kwargs: Any) -> Any:
        return clocks(name, plain, *args, **kwargs)

    return timed


def _watch(connection: Any, **_: Any) -> None:
    connection.execute_wrappers.append(
        lambda execute, sql, *rest: clocks(_name_of(sql), execute, sql, *rest)
    )


@functools.lru_cache(500)
def _name_of(sql: str) -> str:
    """A statement's verb and first table: what it is, without its values."""
    plain = " ".join(str(sql).split())
    verb = plain.split(" ")[0].upper()
    table = re.search(r'\b(?:FROM|INTO|UPDATE|JOIN)\s+"?(\w+)"?', plain)
    if verb in ("SAVEPOINT", "RELEASE") or table is None:
        return f"SQL: {verb}"
    return f"SQL: {verb} {table[1]}"


_wind_up()
