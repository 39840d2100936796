"""Who does not take what is sent is hung up on, and costs the others nothing."""

import asyncio
import socket

import pytest
from uvicorn import Config

from common import doors
from common.changes import Change
from live.hub import Hub
from live.server import KERNEL_BUFFER, LiveServer, Protocol, set_up
from tests.live.conftest import PATIENCE_SECONDS


def test_a_reader_who_takes_nothing_is_dropped_and_the_next_one_is_told_all() -> None:
    asyncio.run(asyncio.wait_for(_serve_both(), PATIENCE_SECONDS))


async def _serve_both() -> None:
    hub = Hub()

    async def application(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        stream = hub.join(send, ["thread"])
        while (await receive())["type"] != "http.disconnect":
            pass
        hub.leave(stream)

    with doors.opened("127.0.0.1", 0)[0] as door:
        set_up(door)
        config = Config(application, http=Protocol, lifespan="off", log_config=None, ws="none")
        server = LiveServer(config, hub)
        serving = asyncio.create_task(server._serve([door]))
        while not server.started:
            await asyncio.sleep(0.01)
        slow, quick = [await _ask(door.getsockname()) for _ in range(2)]
        while hub.size < 2:
            await asyncio.sleep(0.01)
        taken = asyncio.create_task(_take(quick))

        while hub.size == 2:
            await hub.ask_all()
            await asyncio.sleep(0)

        assert hub.size == 1
        hub.hear(Change("thread", 2, 1))
        telling = asyncio.create_task(hub.run())
        await taken
        telling.cancel()
        slow.close()
        quick.close()
        server.should_exit = True
        await serving


async def _ask(address: tuple[str, int]) -> socket.socket:
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BUFFER)
    reader.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(reader, address)
    await loop.sock_sendall(reader, b"GET / HTTP/1.1\r\nHost: live\r\n\r\n")
    return reader


async def _take(reader: socket.socket) -> None:
    """Read until the change was told."""
    loop, said = asyncio.get_running_loop(), b""
    while b"event: changed" not in said:
        heard = await loop.sock_recv(reader, 65_536)
        assert heard, "it was hung up on"
        said = said[-20:] + heard


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000, b""])
def test_who_asks_too_much_or_nothing_at_all_is_hung_up_on(
    said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.server.ASKED_WITHIN_SECONDS", 0.1)

    assert asyncio.run(asyncio.wait_for(_say(said), PATIENCE_SECONDS)) == b""


async def _say(said: bytes) -> bytes:
    async def application(scope, receive, send):
        raise AssertionError("never called")

    with doors.opened("127.0.0.1", 0)[0] as door:
        set_up(door)
        config = Config(application, http=Protocol, lifespan="off", log_config=None, ws="none")
        server = LiveServer(config, Hub())
        serving = asyncio.create_task(server._serve([door]))
        while not server.started:
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection(*door.getsockname())
        writer.write(said)
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()
            server.should_exit = True
            await serving
