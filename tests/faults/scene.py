"""The scene of the trials: install, broker, people, and the hands that injure them."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import psutil
import redis

from operations import embedded
from operations.development import PROJECT
from operations.processes import TELL, ended
from tests.faults import load, promises
from tests.faults.figures import Figures
from tests.faults.injured import DIE_AFTER_COMMIT, FOLDER, HASTE, SEND_AGAIN
from tests.faults.load import Load
from tests.faults.scale import LONG_WANTED, SCALE
from tests.install import MARKS, Install, eventually, servers_below, suspended
from tests.servers import OURS

#: Of each thread, the comments that are there before anybody is hurt, for others to answer.
FIRST_WORDS = 2
THREADS = 18
WORKERS = ("screening", "network", "others")
READY = re.compile(r"\b(screening|network|others)@\S+ ready")


class Broker:
    """A broker of our own: `manage.py up` would start one of its own again within a second."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o711)

    def start(self) -> str:
        """Start it, or start it again where it was; give its URL."""
        self.url = embedded.ensure(self.folder, roles=["BROKER_URL"])["BROKER_URL"]
        return self.url

    def stop(self) -> None:
        embedded.stop(self.folder)

    def kill(self) -> None:
        """As a machine that loses power: the last second may not be on its disk."""
        for process in servers_below(self.folder):
            process.kill()
            assert ended(process, within=10)

    def hanging(self) -> contextlib.AbstractContextManager[None]:
        """It takes connections and answers nobody."""
        return suspended(servers_below(self.folder))

    def flush(self) -> None:
        """Every message is gone."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()


@dataclass
class Scene:
    """All that trials share. Each takes threads that nobody else has spoken in."""

    install: Install
    broker: Broker
    orders: Path
    cast: dict[str, Any]

    def __post_init__(self) -> None:
        self.tokens: list[str] = self.cast["tokens"]
        self.free = list(self.cast["threads"])
        self.first_words = {thread: self._open(thread) for thread in self.free}
        waiting = "SELECT count(*) FROM comments_comment WHERE status <> 'published'"
        eventually(
            lambda: self.install.sql(waiting) == [(0,)],
            within=60,
            what="the first words are public",
        )

    def load(self, chance: Random, count: int, **how: Any) -> Load:
        """So many thoughts for a thread of their own, a third of them answers."""
        thread = self.free.pop()
        parents = self.first_words[thread]
        thoughts = load.think(chance, self.tokens[FIRST_WORDS:], parents, count)
        return Load(self.install.port, thread, thoughts, **how)

    def fill(self, comments: int) -> list[str]:
        """So many comments of former times, in threads of their own."""
        return list(_inside(self.install, "crowd", self.cast["site"], comments))

    def check(
        self, load: Load, found: Figures, *, since: float, within: float, counts: bool = True
    ) -> None:
        """Wait until all is done, measured from `since`; then look the promises up."""
        found.recovery = promises.settled(self.install, load.thread, since=since, within=within)
        promises.kept(self.install, load, found)
        if counts:
            promises.exact(self.install)

    @property
    def database(self) -> str:
        return self.install.from_env()["DATABASE_URL"]

    # -- hands ------------------------------------------------------------------------------
    def workers(self) -> list[psutil.Process]:
        """Give the workers' processes."""
        return [each for name in WORKERS for each in self.install.family(name)]

    def kill_a_worker(self, chance: Random) -> None:
        """`kill -9` to one of them."""
        victim = chance.choice(eventually(self.workers, within=30, what="a worker lives"))
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.kill()

    def ask_to_go(self, by: signal.Signals, *names: str) -> None:
        """Send a signal to some children of `up`, and wait until all have gone."""
        asked = [self.install.family(name)[0] for name in names]
        for parent in asked:
            parent.send_signal(by)
        for name, parent in zip(names, asked, strict=True):
            if not ended(parent, within=30):
                parent.send_signal(TELL)
                time.sleep(1)
                raise AssertionError(f"{name} stayed after {by.name}")

    def workers_ready(self) -> Counter[str]:
        """How often each worker has said that it is ready."""
        return Counter(READY.findall(self.install.log.read_text()))

    def let_one_die_after_commit(self) -> None:
        """The next web process to commit does not live to say so."""
        (self.orders / DIE_AFTER_COMMIT).touch()
        eventually(
            lambda: not (self.orders / DIE_AFTER_COMMIT).exists(), within=30, what="one died"
        )

    @contextmanager
    def sent_again(self, times: int) -> Iterator[None]:
        """Every message goes out so many times."""
        order = self.orders / SEND_AGAIN
        order.write_text(str(times))
        try:
            yield
        finally:
            order.unlink()

    @contextmanager
    def running(self, *module: str, **environ: str) -> Iterator["subprocess.Popen[str]"]:
        """One process more, of the same install."""
        with subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=PROJECT,
            env=self.install.from_env() | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=30)

    def postmaster(self) -> psutil.Process:
        """PostgreSQL's first process, while it lives."""
        pid = (self.install.folder / "servers/postgres/postmaster.pid").read_text().split()[0]
        return psutil.Process(int(pid))

    def everyone(self) -> dict[str, list[int]]:
        """Give the process ids of web, workers and beat."""
        return {name: [each.pid for each in self.install.family(name)] for name in MARKS}

    def _open(self, thread: str) -> list[str]:
        """Say something in a thread; give the comments."""
        words = [f"First words {number} in {thread}" for number in range(FIRST_WORDS)]
        with load.Line(self.install.port) as line:
            return [
                line.send("POST", f"threads/{thread}/comments", token, {"body": text}).json["id"]
                for token, text in zip(self.tokens, words, strict=False)
            ]


@contextmanager
def set_up(name: str) -> Iterator[Scene]:
    """A scene as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=os.environ[OURS]))
    folder.chmod(0o711)  # as root the servers run as nobody, who must get in
    orders = folder / "orders"
    orders.mkdir()
    (folder / "demo.json").write_text(json.dumps({"article": {"editions": []}}))  # no demo
    broker = Broker(folder / "broker")
    install = Install(
        folder,
        {
            "BROKER_URL": broker.start(),
            FOLDER: str(orders),
            "COLLOQUY_RATE_LIMITS": "off",
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
            **({} if LONG_WANTED else {HASTE: "1"}),
        },
    )
    install.start()
    yield Scene(install, broker, orders, _inside(install, "cast", SCALE.readers, THREADS))
    install.end()
    broker.stop()
    for home in (folder, folder / "broker"):
        shutil.rmtree((home / "servers").resolve())


def _inside(install: Install, module: str, *arguments: object) -> Any:
    """Run one of our modules in the install's environment; give what it prints, as JSON."""
    command = [sys.executable, "-m", f"tests.faults.{module}", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=PROJECT, env=install.from_env(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def now() -> float:
    return time.monotonic()
