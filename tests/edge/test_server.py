"""Web's processes are replaced while readers ask, on kept connections and on new ones."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from common import doors
from operations.development import PROJECT
from operations.processes import dying_with
from tests.edge.replaceable import BROKEN, RELEASE
from tests.faults.load import Attempt
from tests.faults.witnesses import reading
from tests.install import eventually


class Server:
    """Its doors stay open when it goes."""

    def __init__(self, folder: Path) -> None:
        self.doors = doors.opened("127.0.0.1", 0, count=2)
        self.port = self.doors[0].getsockname()[1]
        self.release = folder / "release"
        self.release.write_text("sound")
        self.log = folder / "log"
        self.start()

    def start(self) -> None:
        numbers = [door.fileno() for door in self.doors]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.edge.replaceable", *map(str, numbers)],
                cwd=PROJECT,
                env=os.environ | {RELEASE: str(self.release)},
                pass_fds=numbers,
                stderr=log,
                preexec_fn=dying_with(os.getpid()),
            )

    def said(self, words: str) -> bool:
        return words in self.log.read_text()

    @contextmanager
    def asked(self) -> Iterator[list[Attempt]]:
        """By readers with connections of both kinds, as long as the block lasts."""
        paths, chance, found = ["any"], Random("paths"), list[Attempt]()
        with (
            reading(self.port, paths, chance, per_second=300, kept=True) as kept,
            reading(self.port, paths, chance, per_second=300, kept=False) as fresh,
        ):
            eventually(lambda: kept and fresh, within=30, what="somebody is answered")
            yield found
        found += [*kept, *fresh]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    server.process.terminate()
    server.process.wait(timeout=30)
    for door in server.doors:
        door.close()


def outcomes(attempts: list[Attempt]) -> set[str]:
    return {each.outcome for each in attempts}


def test_processes_are_replaced_and_nobody_is_hung_up_on(server: Server) -> None:
    with server.asked() as asked:
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: server.said("replaced"), within=60, what="all are replaced")

    assert outcomes(asked) == {"200"}


def test_who_knocks_while_the_server_is_started_again_is_let_in(server: Server) -> None:
    with server.asked() as asked:
        server.process.terminate()
        server.process.wait(timeout=30)
        server.start()

    assert outcomes(asked) == {"200"}


def test_a_release_that_cannot_be_loaded_leaves_all_as_it_was(server: Server) -> None:
    with server.asked() as asked:
        server.release.write_text(BROKEN)
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: server.said("did not come to work"), within=60, what="it failed")
        server.release.write_text("sound")

    assert outcomes(asked) == {"200"}
    assert server.process.poll() is None
