"""The stage: embedded servers in a folder of its own, web processes as `manage.py up` starts
them, workers when asked for. All of it ends with the bench.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import psutil
import psycopg
import redis

from bench import load
from bench.load import Slice

if TYPE_CHECKING:
    from operations.supervisor import Child
from operations import embedded
from operations.embedded.home import find_home
from operations.embedded.postgres import DATABASE, Postgres
from operations.embedded.valkey import Valkey
from operations.processes import SUPERVISOR

READY_SECONDS = 60
END_SECONDS = 60
FLOOR = "bench.floor.wsgi:application"
WEB = ("product", "floor", "twin")
#: What a developer may have set for an install of their own.
NOT_OURS = (
    *("ALLOWED_HOSTS", "DEBUG", "LIVE_URL", "METRICS_PORT", "PUBLIC_URL", "TRUSTED_PROXIES"),
    *("CDN_PURGER", "CDN_PURGE_TOKEN", "CDN_PURGE_URLS", "CDN_SECONDS"),
    *embedded.ROLES,
)


class Stage:
    """A running install. `port` is the product's; the next one the floor's."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.floor_port = port + 1
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        home = find_home(folder)
        self.broker = Valkey(home, name="broker", durable=True)
        self.cache = Valkey(home, name="cache", durable=True)
        self.postgres = Postgres(home, durable=True)

    # -- processes --------------------------------------------------------------------------
    def start_web(self, *, floor: bool = True) -> None:
        """The product and, beside it, the floor: the same server, the same flags."""
        arguments = self._child("web")[1]
        self._start("product", "config.web", arguments)
        self.await_port(self.port, "/healthz")
        if floor:
            self.start_beside(FLOOR, port=self.floor_port, path="/nothing")

    def start_beside(self, application: str, *, port: int, path: str) -> psutil.Process:
        """Another application under the product's server, with its flags; `path` answers."""
        self._start("floor", "config.web", [*self._web_at(port), application])
        self.await_port(port, path)
        return self.process("floor")

    def start_twin(self, database: str, *, port: int) -> None:
        """The product once more, on another database of the same PostgreSQL."""
        self._start("twin", "config.web", self._web_at(port), DATABASE_URL=self.url_of(database))
        self.await_port(port, "/healthz")

    def process(self, name: str) -> psutil.Process:
        return psutil.Process(self.running[name].pid)

    def start_live(self) -> None:
        """The live process, on the port after the product's: no floor then."""
        self._start("live", *self._child("live"))
        self.await_port(self.port + 1, "/readyz")

    def start_alone(self, application: str) -> None:
        """One web process with one thread, for a profile."""
        self.end_one("product")
        arguments = self._child("web", workers=1, threads=1)[1]
        self._start("product", "config.web", [*arguments, application])
        self.await_port(self.port, "/healthz")

    @contextmanager
    def workers(self, *names: str) -> Iterator[None]:
        """Workers and beat (or only those named), begun with nothing to do, as long as the block
        lasts.
        """
        children = [child.name for child in self._children()]
        wanted = names or [name for name in children if name not in ("live", "web")]
        for name in wanted:
            self._start(name, *self._child(name))
        time.sleep(5)  # Celery needs some seconds to be there
        try:
            yield
        finally:
            for name in wanted:
                self.end_one(name)

    @contextmanager
    def without_broker(self) -> Iterator[None]:
        """Stop the broker as long as the block lasts."""
        self.broker.stop()
        try:
            yield
        finally:
            self.broker.ensure()

    def forget_work(self) -> None:
        """Nothing is left to do for workers: no open outbox row, no message, no change to fold."""
        self.sql("UPDATE outbox_outboxrow SET done_at = now() WHERE done_at IS NULL")
        self.sql("TRUNCATE comments_tally")
        with redis.Redis.from_url(os.environ["BROKER_URL"]) as broker:
            broker.flushall()

    def settle(self) -> None:
        """Flush what PostgreSQL would write at some moment of the next slice."""
        self.sql("VACUUM ANALYZE")
        self.sql("CHECKPOINT")

    def warm(self, *relations: str, database: str = DATABASE) -> str:
        """Have all pages (those of `relations`, if any are named) that fit in PostgreSQL's memory,
        as after some hours of readers; give how much memory that is.
        """
        with psycopg.connect(self.url_of(database), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
            connection.execute(
                "SELECT pg_prewarm(oid) FROM pg_class"
                " WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace"
                " AND (relname = ANY(%s) OR %s)",
                [list(relations), not relations],
            )
        return self.sql("SHOW shared_buffers")[0][0]

    def copy_database(self, name: str) -> None:
        """Copy the database as it stands. Web must not run: nobody else may be connected."""
        self._leave_database()
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {DATABASE}")
        self._enter_database()

    def restart_postgres(self, *, memory: int) -> None:
        """Start PostgreSQL anew with so many bytes for tables, none of them filled: what it reads
        comes from the disk, for the system's copies are dropped too, where it can be told (Linux).
        """
        self._leave_database()
        self.postgres.stop()
        if sys.platform == "linux":
            for path in (self.postgres.folder / "base").rglob("*"):
                if path.is_file():
                    with path.open("rb") as file:
                        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        self.postgres.memory = memory
        self.postgres.ensure()
        self._enter_database()

    def _leave_database(self) -> None:
        from django.db import connections

        connections.close_all()
        self.database.close()

    def _enter_database(self) -> None:
        self.database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)

    def end(self) -> None:
        for name in list(self.running):
            self.end_one(name)
        self.database.close()

    def _start(self, name: str, module: str, arguments: list[str], **environment: str) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self.running[name] = subprocess.Popen(
            [sys.executable, "-m", "operations.supervised", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={
                **os.environ,
                SUPERVISOR: str(os.getpid()),
                "DJANGO_SETTINGS_MODULE": "config.settings",
                **environment,
            },
            start_new_session=True,
        )

    def end_one(self, name: str) -> None:
        if process := self.running.pop(name, None):
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _child(self, name: str, *, workers: int = 2, threads: int = 4) -> tuple[str, list[str]]:
        """Module and arguments with which `manage.py up` starts one of its children."""
        children = self._children(workers=workers, threads=threads)
        child = next(each for each in children if each.name == name)
        return child.module, list(child.arguments)

    def _web_at(self, port: int) -> list[str]:
        """The product's arguments, for another port."""
        other = {str(self.port): str(port)}
        return [other.get(each, each) for each in self._child("web")[1]]

    def _children(self, *, workers: int = 2, threads: int = 4) -> list["Child"]:
        from operations.management.commands import up

        return up._children("127.0.0.1", workers, threads)

    def await_port(self, port: int, path: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        request = Request(f"http://127.0.0.1:{port}{path}", headers={"Host": "127.0.0.1"})
        while True:
            try:
                with urlopen(request, timeout=5):  # noqa: S310  (our own address)
                    return
            except OSError as fault:
                if getattr(fault, "code", None) == 404:
                    return
                if time.monotonic() > deadline:
                    raise TimeoutError(
                        f"nothing answers on port {port}; see {self.folder}"
                    ) from fault
                time.sleep(0.1)

    # -- slices -----------------------------------------------------------------------------
    def slice(
        self,
        port: int,
        requests: Iterator[bytes] | Sequence[Iterator[bytes]],
        *,
        clients: int,
        seconds: float,
        status: int,
        rows_in: str | None,
    ) -> Slice:
        """Load, with what it cost. Raises UnexpectedAnswer unless every answer is `status` and the
        table `rows_in`, if one is named, has a new row for each.
        """
        rows, spent = self.count(rows_in) if rows_in else 0, self.spent()
        done = load.run(port, requests, clients=clients, seconds=seconds)
        done.spent = {name: until - spent[name] for name, until in self.spent().items()}
        acknowledged = done.acknowledged(status)
        if rows_in and acknowledged != (stored := self.count(rows_in) - rows):
            raise load.UnexpectedAnswer(f"{acknowledged} acknowledged, {stored} rows in {rows_in}")
        return done

    def spent(self) -> dict[str, float]:
        """CPU seconds since their start: of web, of workers, PostgreSQL, all ours, the machine."""
        each = {name: cpu_of(psutil.Process(one.pid)) for name, one in self.running.items()}
        web = sum(seconds for name, seconds in each.items() if name in WEB)
        postgres = cpu_of(self.postgres.process())
        others = cpu_of(self.broker.process()) + cpu_of(self.cache.process())
        machine = psutil.cpu_times()
        idle = machine.idle + getattr(machine, "iowait", 0.0)
        return {
            "web": web,
            "workers": sum(each.values()) - web,
            "postgres": postgres,
            "ours": cpu_of(psutil.Process()) + postgres + others,
            "machine": sum(machine[:8]) - idle,
        }

    # -- the record -------------------------------------------------------------------------
    def url_of(self, database: str) -> str:
        """Where a database of this PostgreSQL is."""
        port = self.postgres.kept_port()
        assert port  # it runs
        return self.postgres.url(port, database)

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement, committed at once; give the rows, if it makes any."""
        cursor = self.database.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def count(self, table: str) -> int:
        return self.sql(f"SELECT count(*) FROM {table}")[0][0]  # noqa: S608  (our own words)

    def deadlocks(self) -> int:
        """Deadlocks PostgreSQL has resolved in this database so far."""
        return self.sql(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )[0][0]


def cpu_of(root: psutil.Process | None) -> float:
    """CPU seconds of a process and of all below it, those that have ended included."""
    if root is None:
        return 0.0
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])
    return total


def pss_mb_of(root: psutil.Process) -> float:
    """Memory of a process and of all below it, what they share counted once."""
    held = sum(one.memory_full_info().pss for one in (root, *root.children(recursive=True)))
    return held / 2**20


@contextmanager
def opened(port: int, *, keep: bool = False) -> Iterator[Stage]:
    """A fresh install, migrated, with Django set up in this process (floor's tables included)."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="colloquy-bench-"))
    folder.chmod(0o711)  # as root the servers run as nobody, who must get in
    for name in ("static", "beat"):
        (folder / name).mkdir()
    try:
        for name in NOT_OURS:
            os.environ.pop(name, None)
        os.environ.update(embedded.ensure(folder))
        os.environ.update(
            COLLOQUY_ENV="development",
            COLLOQUY_VAR=str(folder),
            COLLOQUY_RATE_LIMITS="off",
            DJANGO_SETTINGS_MODULE="bench.floor.settings",
            PORT=str(port),
            SECRET_KEY=secrets.token_urlsafe(48),
        )
        _set_up_django()
        stage = Stage(folder, port)
        try:
            assert stage.sql("SHOW synchronous_commit") == [("on",)]
            assert stage.sql("SHOW fsync") == [("on",)]
            yield stage
        finally:
            stage.end()
    finally:
        embedded.stop(folder)
        if not keep:
            shutil.rmtree((folder / "servers").resolve(), ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)


def _set_up_django() -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from bench.floor.models import Mark, Note

    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Note)
        editor.create_model(Mark)
