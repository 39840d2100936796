"""Publishers' own servers that are asked about comments, and misbehave each in its way."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from random import Random

import pytest

from tests.common.hook_server import HookServer, hanging, hook_server, saying, ten_megabytes
from tests.faults.figures import Figures
from tests.faults.load import Load, slowest, think
from tests.faults.scale import LONG_WANTED, SCALE
from tests.faults.scene import Scene, now

MOST_CALLS = 9
#: Of 300 ms; where the whole suite runs beside it, time is no measure.
P99_SECONDS = 0.3 if LONG_WANTED else 3.0
#: From its recovery: the circuit's pause, one probe, and the comments that wait.
WITHIN_SECONDS = 120
WAITS = "SELECT count(*) FROM comments_comment WHERE thread_id = %s AND status = 'screening'"


def garbage(server: HookServer) -> Callable[..., None]:
    return saying(200, b"\x00\xff{no JSON")


MISBEHAVIOURS: dict[str, Callable[[HookServer], Callable[..., None]]] = {
    "hangs": hanging,
    "500": lambda server: saying(500),
    "429": lambda server: saying(429, Retry_After="1"),
    "garbage": garbage,
    "10 MB": lambda server: ten_megabytes,
}


@pytest.mark.trial("T17 hooks misbehave")
def test_a_hook_that_misbehaves_delays_its_own_comments_alone(
    scene: Scene, chance: Random, found: Figures
) -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(hook_server()) for _ in MISBEHAVIOURS]
        loads = []
        for server, misbehave, site in zip(
            servers, MISBEHAVIOURS.values(), scene.cast["asking"], strict=True
        ):
            server.answer = misbehave(server)
            scene.install.sql(
                "UPDATE publishers_site SET hook_url = %s WHERE id = %s", server.url, site["site"]
            )
            thoughts = think(chance, site["tokens"], [], SCALE.asked)
            pace = SCALE.asked / SCALE.hang_seconds
            loads.append(Load(scene.install.port, site["thread"], thoughts, per_second=pace))

        for load in loads:
            stack.enter_context(load.under_way())
        time.sleep(SCALE.hang_seconds)
        for load in loads:
            load.wait_for(SCALE.asked)
        calls = {
            name: len(server.calls) for name, server in zip(MISBEHAVIOURS, servers, strict=True)
        }
        waiting = [scene.install.sql(WAITS, load.thread)[0][0] for load in loads]
        for server in servers:
            server.answer = saying(204)
            server.released.set()
        recovered = now()
        for load in loads:
            scene.check(load, found, since=recovered, within=WITHIN_SECONDS)

    p99 = slowest([each.seconds for load in loads for each in load.attempts], 0.99)
    found.sent = found.acknowledged = found.decided = len(loads) * SCALE.asked
    found.beside = f"calls while away: {calls}; p99 of posts {p99 * 1000:.0f} ms"
    assert waiting == [SCALE.asked] * len(loads)
    assert max(calls.values()) <= MOST_CALLS, calls
    assert p99 < P99_SECONDS
