"""The live process's HTTP server: uvicorn, for thousands of connections that mostly wait."""

import asyncio
import contextlib
import resource
import signal
import socket
from typing import Any

from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from common.doors import BACKLOG
from common.metrics import LIVE_REQUESTS
from live.app import Live
from live.hub import Hub
from live.source import Source

#: Fourteen kilobytes each; another process takes the next ones.
MOST_STREAMS = 20_000
#: Of the files that this process may open, those that are no streams.
OTHER_FILES = 200
#: Who connects asks within so many seconds, in so many bytes, headers included.
ASKED_WITHIN_SECONDS = 10.0
MOST_ASKED = 32_768
#: Some hundreds of events that a reader has not taken: with what the kernel holds, all that
#: anybody's slowness costs.
MOST_UNSENT = 16_384
KERNEL_BUFFER = 32_768
#: A reader whose machine is gone without a word.
GONE_MILLISECONDS = 30_000
END_SECONDS = 5


class Protocol(HttpToolsProtocol):
    """uvicorn's, hanging up on who does not ask in time or does not take what is sent. So a
    stream's `send` never waits.
    """

    patience: asyncio.TimerHandle | None = None
    heard = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a TCP one
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=MOST_UNSENT)
        self.patience = self.loop.call_later(ASKED_WITHIN_SECONDS, transport.abort)

    def data_received(self, data: bytes) -> None:
        self.heard += len(data)
        if self.heard > MOST_ASKED:
            self.transport.abort()
        else:
            super().data_received(data)

    def on_message_complete(self) -> None:
        self._wait_no_more()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        LIVE_REQUESTS.labels("dropped").inc()
        self.transport.abort()

    def _wait_no_more(self) -> None:
        if self.patience:
            self.patience.cancel()
            self.patience = None


class LiveServer(Server):
    """uvicorn's, ending streams before it waits for connections to end."""

    def __init__(self, config: Config, hub: Hub) -> None:
        super().__init__(config)
        self.hub = hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            connection.shutdown()  # it closes with the answer's end
        await self.hub.end()
        await super().shutdown(sockets)


def serve(
    *, door: socket.socket, cache_url: str, prefix: str, proxies: int, is_limited: bool
) -> None:
    """Serve streams until SIGTERM or SIGINT."""
    hub = Hub()
    live = Live(
        Source(cache_url, prefix, hub),
        hub,
        proxies=proxies,
        is_limited=is_limited,
        most_streams=min(MOST_STREAMS, _room_for_files() - OTHER_FILES),
    )
    config = Config(
        live,
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=END_SECONDS,
        backlog=BACKLOG,
    )
    # uvicorn raises again what it was ended by: that is no reason to end by a signal.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), door:
        set_up(door)
        LiveServer(config, hub).run(sockets=[door])


def set_up(door: socket.socket) -> None:
    """Say how connections are to be, which inherit it."""
    door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
    if user_timeout := getattr(socket, "TCP_USER_TIMEOUT", None):
        door.setsockopt(socket.IPPROTO_TCP, user_timeout, GONE_MILLISECONDS)
    door.setblocking(False)


def _room_for_files() -> int:
    """How many files this process may open: as many as it can be given."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted: Any = MOST_STREAMS + OTHER_FILES if hard == resource.RLIM_INFINITY else hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return int(wanted)
