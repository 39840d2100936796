"""The ASGI application: `GET …?thread=<id>:<version>`, up to twenty, answered by a stream.

No cookie, no token, nothing private: who asks is looked at for one reason only, that no address
takes all the room.
"""

import asyncio
import logging
import random
import re
import signal
from collections import Counter
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import orjson

from common.callers import address_behind, address_block
from common.errors import FieldError, InvalidInput, Refusal
from common.metrics import LIVE_EVENTS, LIVE_REQUESTS
from common.shapes import CONTENT_TYPE, problem
from live import events
from live.hub import Hub, Send, Stream
from live.source import Source

log = logging.getLogger(__name__)

MOST_THREADS = 20
MOST_PARAMETERS = 100
THREAD = re.compile(
    r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}):([0-9]{1,18})", re.ASCII
)
#: Streams from one address (IPv6: one /64); behind it may be a whole school.
MOST_FROM_ONE = 200
#: So that not all come back at once, in seconds.
COME_BACK = (3.0, 12.0)

OPEN_TO_ALL = [(b"access-control-allow-origin", b"*"), (b"cache-control", b"no-store")]
OF_A_STREAM = [
    *OPEN_TO_ALL,
    (b"content-type", b"text/event-stream"),
    (b"x-accel-buffering", b"no"),
]

OF_A_PREFLIGHT = [
    (b"access-control-allow-methods", b"GET"),
    (b"access-control-allow-headers", b"*"),
    (b"access-control-max-age", b"86400"),
]

Scope = dict[str, Any]
Receive = Any


class TooManyStreams(Refusal):
    code: ClassVar[str] = "too_many_streams"
    status: ClassVar[int] = 429
    detail = "Your network has as many live streams open as we keep. Read the counts instead."


class NoRoom(Refusal):
    code: ClassVar[str] = "unavailable"
    status: ClassVar[int] = 503
    detail = "There is no room for another live stream right now. Read the counts instead."


class MethodNotAllowed(Refusal):
    code: ClassVar[str] = "method_not_allowed"
    status: ClassVar[int] = 405
    detail = "A live stream is asked for by GET."


class Live:
    """`most_streams`: how many in all; `is_limited`: whether one address has a limit."""

    def __init__(
        self, source: Source, hub: Hub, *, proxies: int, is_limited: bool, most_streams: int
    ) -> None:
        self.source, self.hub, self.proxies = source, hub, proxies
        self.is_limited, self.most_streams = is_limited, most_streams
        self.open = Counter[str]()
        self.tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    # -- requests ---------------------------------------------------------------------------
    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["method"] == "OPTIONS":
                await _say(send, 204, b"", *OF_A_PREFLIGHT)
            elif scope["method"] != "GET":
                raise MethodNotAllowed
            elif scope["path"] == "/healthz":
                await _say(send, 200, b'{"status":"alive"}')
            elif scope["path"] == "/readyz":
                ready = self.source.is_listening and not self.hub.is_over
                word = b"ready" if ready else b"not ready"
                await _say(send, 200 if ready else 503, b'{"status":"%b"}' % word)
            else:
                await self._open(scope, receive, send)
        except Refusal as refusal:
            LIVE_REQUESTS.labels("refused").inc()
            await _refuse(send, refusal)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        wanted = read_threads(scope["query_string"].decode("latin-1"))
        caller = self._caller(scope)
        if self.hub.is_over or self.hub.size >= self.most_streams:
            raise NoRoom(retry_after=_soon())
        if self.is_limited and self.open[caller] >= MOST_FROM_ONE:
            raise TooManyStreams(retry_after=_soon())
        scope["headers"].clear()  # a stream may be open for hours
        self.open[caller] += 1
        LIVE_REQUESTS.labels("opened").inc()
        await send({"type": "http.response.start", "status": 200, "headers": OF_A_STREAM})
        stream = self.hub.join(send, wanted)
        try:
            await self._begin(stream, wanted)
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self.hub.leave(stream)
            self.open[caller] -= 1
            if not self.open[caller]:
                del self.open[caller]

    async def _begin(self, stream: Stream, wanted: dict[str, int]) -> None:
        """Tell of each thread whether it moved meanwhile; the ping says that this was all."""
        await self.source.look_up(stream.audiences)
        if self.hub.is_over:
            return
        told = [events.retry(1_000 * _soon())]
        for audience in stream.audiences:
            if audience.change is None:
                told.append(events.ask(audience.thread))
                LIVE_EVENTS.labels("ask").inc()
            elif audience.change.version > wanted[audience.thread]:
                told.append(events.changed(audience.change))
                LIVE_EVENTS.labels("changed").inc()
        LIVE_EVENTS.labels("ping").inc()
        body = b"".join([*told, events.PING])
        await stream.send({"type": "http.response.body", "body": body, "more_body": True})
        stream.is_told = True

    def _caller(self, scope: Scope) -> str:
        forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        peer = (scope.get("client") or ("",))[0]
        text = b",".join(forwarded).decode("latin-1")
        return address_block(address_behind(self.proxies, peer=peer, forwarded=text))

    # -- the process ------------------------------------------------------------------------
    async def _live(self, receive: Receive, send: Send) -> None:
        """Run beside the requests, from the server's start to its end."""
        await receive()
        self.tasks = [asyncio.create_task(each) for each in (self.hub.run(), self.source.run())]
        for task in self.tasks:
            task.add_done_callback(_end_with)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in self.tasks:
            task.cancel()
        await send({"type": "lifespan.shutdown.complete"})


def read_threads(query: str) -> dict[str, int]:
    """The threads that a query names, each with the version its reader has. Raises InvalidInput."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise _invalid("too_many", f"At most {MOST_THREADS} at a time.") from None
    found: dict[str, int] = {}
    for name, value in pairs:
        if name != "thread":
            continue
        named = THREAD.fullmatch(value.lower())
        if named is None:
            raise _invalid("bad_thread", "Name each thread as id:version.")
        thread, version = named[1], int(named[2])
        found[thread] = min(version, found.get(thread, version))
    if not found:
        raise _invalid("required", "Name a thread as id:version.")
    if len(found) > MOST_THREADS:
        raise _invalid("too_many", f"At most {MOST_THREADS} at a time.")
    return found


def _invalid(code: str, sentence: str) -> InvalidInput:
    return InvalidInput(sentence, errors=(FieldError("thread", code, sentence),))


def _soon() -> int:
    """Seconds, another for each who asks."""
    return round(random.uniform(*COME_BACK))


async def _refuse(send: Send, refusal: Refusal) -> None:
    body = problem(
        status=refusal.status, code=refusal.code, detail=str(refusal), errors=refusal.errors
    )
    headers = [(b"content-type", CONTENT_TYPE.encode())]
    if refusal.retry_after:
        headers.append((b"retry-after", b"%d" % refusal.retry_after))
    if refusal.status == MethodNotAllowed.status:
        headers.append((b"allow", b"GET, OPTIONS"))
    await _say(send, refusal.status, orjson.dumps(body), *headers)


async def _say(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    """A short answer, and the end of the connection."""
    length = (b"content-length", b"%d" % len(body))
    said = [*OPEN_TO_ALL, (b"connection", b"close"), *headers, *([length] if body else [])]
    if not any(name == b"content-type" for name, _ in headers) and body:
        said.append((b"content-type", b"application/json"))
    await send({"type": "http.response.start", "status": status, "headers": said})
    await send({"type": "http.response.body", "body": body})


def _end_with(task: asyncio.Task[None]) -> None:
    """Without this task the process would be of no use: its supervisor starts another."""
    if not task.cancelled():
        log.error("A task ended that should not.", exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)
