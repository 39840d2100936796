"""The edge as a WSGI application: public GETs from the microcache, all else straight on.

What a public read says is the same for everybody. So who asks is not looked at, nor shown to the
application: cookies, credentials, languages and origins are dropped first.
"""

import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import Any

import brotli

from common.metrics import EDGE, PUBLIC_READS
from common.stamps import FRESH, LASTING, STAMP
from edge.microcache import FRESH_SECONDS, Microcache

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
Headers = list[tuple[str, str]]
KeyOf = Callable[[str, str], str | None]

#: Of a request, all that the application sees beside the address.
SHOWN = ("SERVER_", "REMOTE_", "wsgi.", "SCRIPT_NAME", "HTTP_HOST", "HTTP_X_FORWARDED_")
#: What an answer says anew for each who asks.
NOT_KEPT = {"content-length", "content-encoding", "etag", "vary", "set-cookie"}
NOT_KEPT |= {STAMP.lower(), FRESH.lower()}
#: Headers of a 304: RFC 9110, 15.4.5, and what lets a page's script read it.
OF_UNCHANGED = {"cache-control", "etag", "vary", "surrogate-key", "access-control-allow-origin"}
OF_UNCHANGED |= {"access-control-expose-headers", "cache-tag", *LASTING}
#: What took longer to read may have changed meanwhile, and whoever purges is not waiting for it: no
#: CDN keeps it.
SLOW_SECONDS = FRESH_SECONDS / 2
#: An address longer than this is asked for once, not kept.
LONGEST = 8_000
#: Of spellings of addresses in memory, with what a dictionary needs for each.
MOST_BYTES_OF_SPELLINGS = 8 * 1024 * 1024
BYTES_BESIDE = 400
#: Browsers spell `Accept-Encoding` in a handful of ways; what comes after that is looked up anew.
MOST_SPELLINGS = 16
#: What is shorter is not compressed: it fits one packet anyway.
SHORT = 600
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "br": partial(brotli.compress, quality=5, mode=brotli.MODE_TEXT),
    "gzip": partial(zlib.compress, level=6, wbits=31),
}


class Form:
    """An answer in one encoding, ready to be sent."""

    __slots__ = ("body", "etag", "headers", "unchanged")

    def __init__(self, answer: "Answer", coding: str) -> None:
        self.body = [PACKERS[coding](answer.body) if coding else answer.body]
        self.etag = answer.etag and f'"{answer.etag}{coding and "-" + coding}"'
        headers = [*answer.headers, ("Vary", "Accept-Encoding")]
        if self.etag:
            headers.append(("ETag", self.etag))
        self.unchanged = [each for each in headers if each[0].lower() in OF_UNCHANGED]
        if coding:
            headers.append(("Content-Encoding", coding))
        self.headers = [*headers, ("Content-Length", str(len(self.body[0])))]


class Answer:
    """What the application answered, whole; its forms are made when first asked for."""

    __slots__ = (
        "body",
        "etag",
        "forms",
        "fresh_seconds",
        "headers",
        "is_lasting",
        "size",
        "stamp",
        "status",
    )

    def __init__(self, status: str, headers: Headers, body: bytes) -> None:
        said = {name.lower(): value for name, value in headers}
        self.status, self.body = status, body
        self.headers = [each for each in headers if each[0].lower() not in NOT_KEPT]
        self.etag = said.get("etag", "").removeprefix("W/").strip('"')
        self.stamp = said.get(STAMP.lower(), "")
        self.fresh_seconds = float(said.get(FRESH.lower(), FRESH_SECONDS))
        self.is_lasting = "s-maxage" in said.get("cache-control", "")
        self.size = 2 * len(body) + 2_000  # with both compressed forms
        self.forms: dict[str, Form] = {}

    def form(self, accepted: str) -> Form:
        """For who sends this `Accept-Encoding`, kept by how it is spelt: nobody reads it twice."""
        coding = "" if len(self.body) < SHORT else coding_of(accepted)
        found = self.forms.get(coding) or Form(self, coding)
        self.forms[coding] = found
        if len(self.forms) < MOST_SPELLINGS:
            self.forms[accepted] = found
        return found


class Edge:
    """Stands before `application`, and before `reads` for public reads.

    `key_of(path, query)`: the address of a public read, spelt in the one way all spellings share;
    None for all else. `is_current(stamp)`: as for `Microcache`.
    """

    def __init__(
        self,
        application: Application,
        *,
        reads: Application,
        key_of: KeyOf,
        is_current: Callable[[str], bool],
        most_bytes: int = 40 * 1024 * 1024,
    ) -> None:
        self.application, self.reads = application, reads
        self.spellings = Spellings(key_of)
        self.cache: Microcache[Answer] = Microcache(is_current, most_bytes=most_bytes)
        #: Whether this process is about to go: each answer is the last of its connection.
        self.is_leaving = False
        # Counted for the metrics, which hear of them with the next that has to wait.
        self.kept = self.whole = self.unchanged = 0

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if self.is_leaving:
            start_response = partial(_say_the_last, start_response)
        method = environ["REQUEST_METHOD"]
        if method not in {"GET", "HEAD"}:
            return self.application(environ, start_response)
        key = self.spellings[environ["PATH_INFO"], environ.get("QUERY_STRING", "")]
        if not key:
            return self.application(environ, start_response)
        answer = self.cache.fresh(key)
        if answer is None:
            self._count()
            answer = self.cache.get(key, lambda: self._render(key, environ))
        else:
            self.kept += 1
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        form = answer.forms.get(accepted) or answer.form(accepted)
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and form.etag and (known == form.etag or is_named(form.etag, known)):
            self.unchanged += 1
            start_response("304 Not Modified", form.unchanged)
            return []
        self.whole += 1
        start_response(answer.status, form.headers)
        return form.body if method == "GET" else []

    def _render(self, key: str, environ: Environ) -> Answer:
        path, _, query = key.partition("?")
        asked = {name: value for name, value in environ.items() if name.startswith(SHOWN)}
        asked |= {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query}
        said: list[Any] = []
        began = time.monotonic()
        parts = self.reads(asked, lambda *args: said.extend(args))
        try:
            body = b"".join(parts)
        finally:
            if close := getattr(parts, "close", None):
                close()
        status, headers = said[:2]
        if time.monotonic() - began > SLOW_SECONDS:
            headers = [each for each in headers if each[0].lower() not in LASTING]
        return Answer(status, headers, body)

    def _count(self) -> None:
        EDGE.labels("rendered").inc()
        EDGE.labels("kept").inc(self.kept)
        PUBLIC_READS.labels("whole").inc(self.whole)
        PUBLIC_READS.labels("unchanged").inc(self.unchanged)
        self.kept = self.whole = self.unchanged = 0


def _say_the_last(start_response: StartResponse, status: str, headers: Headers, *more: Any) -> Any:
    return start_response(status, [*headers, ("Connection", "close")], *more)


class Spellings(dict[tuple[str, str], str | None]):
    """`key_of` by path and query, remembered: a look-up in C for what was asked for before. All is
    forgotten where it would take too much memory, and soon known again.
    """

    def __init__(self, key_of: KeyOf) -> None:
        self.key_of = key_of
        self.bytes = 0

    def __missing__(self, address: tuple[str, str]) -> str | None:
        path, query = address
        length = len(path) + len(query)
        if length > LONGEST:
            return None
        key = self.key_of(path, query)
        self.bytes += BYTES_BESIDE + length + len(key or "")
        if self.bytes > MOST_BYTES_OF_SPELLINGS:
            self.clear()
            self.bytes = 0
        self[address] = key
        return key


@lru_cache(maxsize=1_024)
def coding_of(accepted: str) -> str:
    """The smallest of our encodings that an `Accept-Encoding` allows; "" for none."""
    allowed = dict(_weights(accepted))
    return next((each for each in PACKERS if allowed.get(each, allowed.get("*", 0.0)) > 0), "")


def _weights(accepted: str) -> Iterator[tuple[str, float]]:
    for each in accepted.lower().split(","):
        name, _, weight = each.partition(";")
        try:
            yield name.strip(), float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            yield name.strip(), 0.0


def is_named(etag: str, known: str) -> bool:
    """Whether an `If-None-Match` names an entity tag; it may do so weakly (RFC 9110, 13.1.2)."""
    return bool({etag, "*"} & {each.strip().removeprefix("W/") for each in known.split(",")})
