"""An install as an operator has it: `manage.py up` in a state folder of its own, from outside."""

import contextlib
import email.policy
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import urlopen

import psutil
import psycopg
from dotenv import dotenv_values

from operations import embedded
from operations.development import PROJECT
from operations.ports import free_port
from operations.processes import dying_with, ended
from tests.clients import Client

READY_SECONDS = 180
END_SECONDS = 60
#: What tests set for themselves and an operator who types `make run` has not.
NOT_OF_THE_TESTS = (*embedded.ROLES, "COLLOQUY_KEY_PREFIX", "SECRET_KEY")

#: Each child of `manage.py up`, and an argument that only it was started with.
MARKS = {
    "web": "config.web",
    "live": "config.live",
    "screening": "screening@%h",
    "network": "network@%h",
    "others": "others@%h",
    "beat": "beat",
}

Found = TypeVar("Found")


def eventually(look: Callable[[], Found], *, within: float, what: str) -> Found:
    """Look again and again until something true is found; give it. Fails with `what`."""
    deadline = time.monotonic() + within
    while True:
        late = time.monotonic() > deadline
        if found := look():
            return found
        assert not late, f"after {within:g} s still not: {what}"
        time.sleep(0.05)


class Install:
    """One install, started as `make run` starts it and asked by HTTP, mail, command and SQL.

    `environ` is what an operator would set beside it.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.port = free_port(together=2)  # the next is live's
        self.base_url = f"http://127.0.0.1:{self.port}"
        inherited = {name: os.environ[name] for name in os.environ if name not in NOT_OF_THE_TESTS}
        self.environ: Mapping[str, str] = inherited | {
            "COLLOQUY_ENV": "development",
            "COLLOQUY_VAR": str(folder),
            "PORT": str(self.port),
            **(environ or {}),
        }
        self.up: subprocess.Popen[bytes] | None = None

    # -- its processes ----------------------------------------------------------------------
    def start(self) -> None:
        """`manage.py up`, until it is ready. It ends with this process, whatever happens."""
        with self.log.open("ab") as log:
            self.up = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=PROJECT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=dying_with(os.getpid(), signal.SIGTERM),
            )
        eventually(self._is_ready, within=READY_SECONDS, what=f"ready; see {self.log}")

    def end(self) -> None:
        """Ctrl-C: all end, children's children too. Whatever is left after a minute is killed and
        the test run fails.
        """
        assert self.up
        children = self._children()
        self.up.send_signal(signal.SIGINT)
        try:
            code = self.up.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise
        assert code == 0, self._last_words()
        assert all(ended(child, within=1) for child in children)
        assert self.servers() == []

    def kill_alone(self) -> None:
        """SIGKILL to `manage.py up` and nobody else. All that it had started ends with it."""
        assert self.up
        children = self._children()
        assert len(children) >= len(MARKS)
        self.up.kill()
        self.up.wait()
        assert all(ended(child, within=5) for child in children)

    def kill_all(self) -> None:
        """SIGKILL to all there is of this install, PostgreSQL and both Valkeys included."""
        assert self.up
        everyone = [*self._children(), *self.servers()]
        self.up.kill()
        for process in everyone:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.up.wait()
        assert all(ended(process, within=10) for process in everyone)

    def servers(self) -> list[psutil.Process]:
        """Give the living PostgreSQL and Valkeys of this folder, with their own children."""
        return servers_below(self.folder)

    def family(self, name: str) -> list[psutil.Process]:
        """Give one of the children by its name in `MARKS`, then what it has forked; nothing
        while it is down.
        """
        assert self.up
        mark = MARKS[name]
        for child in psutil.Process(self.up.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if mark in child.cmdline():
                    return [child, *_workers_of(child)]
        return []

    @contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """Let one of the children do nothing at all for a while, as on a machine that hangs."""
        family = self.family(name)
        assert family, f"no process is called {name}"
        with suspended(family):
            yield

    def _children(self) -> list[psutil.Process]:
        assert self.up
        return psutil.Process(self.up.pid).children(recursive=True)

    def _is_ready(self) -> bool:
        assert self.up
        assert self.up.poll() is None, self._last_words()
        try:
            with urlopen(f"{self.base_url}/readyz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    @property
    def log(self) -> Path:
        """What its processes say."""
        return self.folder / "up.log"

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text().splitlines()[-30:])

    # -- what it knows ----------------------------------------------------------------------
    @property
    def demo(self) -> dict[str, Any]:
        """Give what `demo.json` holds."""
        return json.loads((self.folder / "demo.json").read_text())

    def client(self, bearer: str | None = None, *, origin: str | None = None) -> Client:
        return Client(self.base_url, bearer, origin)

    def from_env(self) -> dict[str, str]:
        """Give the environment for a process of the install that reads no `env` file."""
        kept = dotenv_values(self.folder / "env")
        return {name: value for name, value in kept.items() if value} | dict(self.environ)

    def manage(self, *arguments: str) -> str:
        """Run a management command; give what it prints."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=PROJECT, env=self.environ, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def reader_token(self, address: str, *, site: str) -> str:
        return self.manage("issue_token", "--email", address, "--site", site)

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement on its database; give the rows, if it makes any."""
        with psycopg.connect(self.from_env()["DATABASE_URL"]) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def mails(self, address: str) -> list[EmailMessage]:
        """Give the mails to an address, oldest first."""
        parsed = (
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in sorted((self.folder / "mail").glob("*.eml"))
        )
        return [mail for mail in parsed if mail["To"] == address]


def servers_below(folder: Path) -> list[psutil.Process]:
    """Give the living embedded servers of a state folder, with their own children."""
    home = str((folder / "servers").resolve())
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(part.startswith(home) for part in process.info["cmdline"] or ()):
            found += [process, *process.children(recursive=True)]
    return found


@contextmanager
def suspended(processes: Iterable[psutil.Process]) -> Iterator[None]:
    """Let processes hang: they hold what they hold, and answer nothing."""
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def _workers_of(process: psutil.Process) -> list[psutil.Process]:
    """What it forked to work; not the process that Python has for cleaning up after spawning."""
    forked = process.children(recursive=True)
    return [each for each in forked if "resource_tracker" not in " ".join(each.cmdline())]
