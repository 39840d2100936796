"""Who is told what by a hub, whatever happens at the same moment."""

import asyncio
from typing import Any

import pytest

from common.changes import Change
from live import events, hub
from live.hub import Hub

Told = list[bytes]


def join(at: Hub) -> tuple[hub.Stream, Told]:
    """A stream that listens to the thread of these tests, and what it is told."""
    told: Told = []

    async def send(message: dict[str, Any]) -> None:
        told.append(message["body"])

    return at.join(send, ["thread"]), told


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a hub until all its turns have come twice, in no time."""
    monkeypatch.setattr(hub, "TICK_SECONDS", 0)

    async def run(at: Hub) -> None:
        running = asyncio.create_task(at.run())
        for _ in range(2 * hub.TURNS + 2):
            await asyncio.sleep(0)
        running.cancel()

    return lambda at: asyncio.run(run(at))


def test_no_ping_comes_before_all_is_told(tell: Any) -> None:
    at = Hub()
    (_, told_early), (late, told_late) = join(at), join(at)
    late.is_told = True

    tell(at)

    assert events.PING in told_late
    assert told_early == []


def test_what_somebody_who_comes_looks_up_is_told_to_those_who_listen(tell: Any) -> None:
    at, change = Hub(), Change("thread", 2, 1)
    (_, told), _ = join(at), join(at)
    at.recall(change)
    at.hear(change)

    tell(at)

    assert told == [events.changed(change)]


def test_who_comes_alone_and_looks_up_is_told_by_nobody_else(tell: Any) -> None:
    at = Hub()
    _, told = join(at)
    at.recall(Change("thread", 2, 1))

    tell(at)

    assert told == []
