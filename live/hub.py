"""Who listens to which thread, and when they are told.

All of it happens in one event loop: nothing here needs a lock. Sending never waits
(`live.server.Protocol` hangs up on who does not take what is sent), so one task tells everybody.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from itertools import count
from typing import Any

from common.changes import Change
from common.metrics import LIVE_EVENTS, LIVE_STREAMS
from live import events, memory

#: How often it is looked whether somebody is to be told something.
TICK_SECONDS = 0.1
#: A thread's listeners are told no more often, however much changes.
PAUSE_SECONDS = 1.0
#: Proxies end what is silent for long, and a browser that is gone is noticed by a ping.
PING_SECONDS = 15.0
TURNS = round(PING_SECONDS / TICK_SECONDS)
#: After so many streams others have their turn: new ones are taken while thousands are told.
AT_ONCE = 100
#: So many are worth tidying up after.
CROWD = 500

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Audience:
    """Who listens to one thread, and what is known of it: `change`, once something is.

    `looked_up`: whether the cache was asked; since then each change was heard.
    """

    __slots__ = ("change", "looked_up", "streams", "thread", "told_at")

    def __init__(self, thread: str) -> None:
        self.thread = thread
        self.streams: set[Stream] = set()
        self.change: Change | None = None
        self.looked_up = False
        self.told_at = float("-inf")


class Stream:
    """One open connection. `is_told`: of all its threads, so that a ping may say so."""

    __slots__ = ("audiences", "is_told", "send", "turn")

    def __init__(self, send: Send, audiences: Collection[Audience], turn: int) -> None:
        self.send, self.audiences, self.turn = send, audiences, turn
        self.is_told = False


class Hub:
    """All streams of this process."""

    def __init__(self) -> None:
        self.audiences: dict[str, Audience] = {}
        self.changed: set[Audience] = set()
        #: Each is pinged when its turn comes round, so that pings are spread over time.
        self.turns: list[set[Stream]] = [set() for _ in range(TURNS)]
        self.entered = count()
        self.size = self.peak = 0
        self.is_over = False

    def join(self, send: Send, threads: Iterable[str]) -> Stream:
        """Let a connection listen to threads, from now on."""
        audiences = [self.audiences.setdefault(each, Audience(each)) for each in threads]
        stream = Stream(send, audiences, next(self.entered) % TURNS)
        for audience in audiences:
            audience.streams.add(stream)
        self.turns[stream.turn].add(stream)
        self._count(1)
        return stream

    def leave(self, stream: Stream) -> None:
        """It listens no more."""
        for audience in stream.audiences:
            audience.streams.discard(stream)
            if not audience.streams:
                self.audiences.pop(audience.thread, None)
                self.changed.discard(audience)
        self.turns[stream.turn].discard(stream)
        self._count(-1)

    def recall(self, change: Change) -> None:
        """Remember where a thread stands for somebody who just came; should it be news for others
        who listen, they will be told, for a message that tells the same is no news any more.
        """
        if self._learn(change) and len(self.audiences[change.thread].streams) > 1:
            self.changed.add(self.audiences[change.thread])

    def hear(self, change: Change) -> None:
        """A thread changed: its listeners will be told."""
        if self._learn(change):
            self.changed.add(self.audiences[change.thread])

    def forget(self) -> None:
        """Changes may have been missed: nothing is known any more."""
        self.changed.clear()
        for audience in self.audiences.values():
            audience.change, audience.looked_up = None, False

    async def ask_all(self) -> None:
        """Have everybody ask the API where their threads stand."""
        for audience in list(self.audiences.values()):
            await self._send("ask", events.ask(audience.thread), audience.streams)

    async def run(self) -> None:
        """Tell and ping, for ever."""
        turn = 0
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = time.monotonic()
            for audience in [each for each in self.changed if each.told_at + PAUSE_SECONDS <= now]:
                await self._tell(audience, now)
            told = [each for each in self.turns[turn] if each.is_told]
            await self._send("ping", events.PING, told)
            turn = (turn + 1) % TURNS
            if turn == 0:
                self._tidy()

    async def end(self) -> None:
        """End all streams; those who listened connect again, to whoever is there then."""
        self.is_over = True
        for stream in [stream for turn in self.turns for stream in turn]:
            await stream.send({"type": "http.response.body"})

    async def _tell(self, audience: Audience, now: float) -> None:
        self.changed.discard(audience)
        audience.told_at = now
        if audience.change:
            await self._send("changed", events.changed(audience.change), audience.streams)

    async def _send(self, name: str, event: bytes, streams: Collection[Stream]) -> None:
        LIVE_EVENTS.labels(name).inc(len(streams))
        message = {"type": "http.response.body", "body": event, "more_body": True}
        for number, stream in enumerate(list(streams), start=1):
            if self.is_over:
                return
            await stream.send(message)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)

    def _tidy(self) -> None:
        """Give memory back when half of a crowd has left: once for all, for each costs a moment."""
        if self.peak - self.size > max(CROWD, self.peak / 2):
            memory.give_back()
            self.peak = self.size

    def _learn(self, change: Change) -> bool:
        """Remember where a thread stands, if somebody listens to it; tell whether that is news."""
        audience = self.audiences.get(change.thread)
        if audience is None or (audience.change and audience.change.version >= change.version):
            return False
        audience.change = change
        return True

    def _count(self, more: int) -> None:
        self.size += more
        self.peak = max(self.peak, self.size)
        LIVE_STREAMS.inc(more)
