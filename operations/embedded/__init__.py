"""PostgreSQL and two Valkeys from wheels, for development and tests: no system server needed.

`ensure` starts or adopts them, `stop` ends them. `borrow` does both for one process: the last
borrower to leave turns off the light. They outlive a borrower that is killed; the next one adopts
them. Nothing here needs Django.
"""

import atexit
import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from operations.embedded.home import Home, find_home
from operations.embedded.postgres import Postgres
from operations.embedded.server import Server, ServerFailed
from operations.embedded.valkey import Valkey

__all__ = ["ROLES", "ServerFailed", "borrow", "down", "ensure", "stop"]

#: The environment variable of each server's URL.
ROLES = ("DATABASE_URL", "BROKER_URL", "CACHE_URL")


def ensure(var: Path, *, durable: bool = True, roles: Collection[str] = ROLES) -> dict[str, str]:
    """Start what is down, adopt what lives, and give the URL of each role. Raises ServerFailed.

    With `durable=False` (tests) nothing is flushed to disk and the servers die with this process.
    """
    with _lock(var, "servers.starting", fcntl.LOCK_EX):
        servers = _servers(find_home(var), durable)
        return {role: servers[role].ensure() for role in ROLES if role in roles}


def down(var: Path, *, roles: Collection[str] = ROLES) -> list[str]:
    """Give the names of those servers that do not live."""
    servers = _servers(find_home(var), durable=True)
    return [servers[role].name for role in roles if servers[role].process() is None]


def stop(var: Path) -> None:
    """Stop the servers kept under `var` cleanly; those that are down already are left alone."""
    with _lock(var, "servers.starting", fcntl.LOCK_EX):
        for server in reversed(_servers(find_home(var), durable=True).values()):
            server.stop()


def borrow(var: Path, *, roles: Collection[str] = ROLES) -> dict[str, str]:
    """`ensure` for as long as this process lives; at its end stop them if nobody else borrows."""
    lease = _open(var, "servers.lease")
    fcntl.flock(lease, fcntl.LOCK_SH)
    urls = ensure(var, roles=roles)
    borrower = os.getpid()

    def give_back() -> None:
        if os.getpid() != borrower:
            return
        try:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        stop(var)

    atexit.register(give_back)
    return urls


def _servers(home: Home, durable: bool) -> dict[str, Server]:
    return {
        "DATABASE_URL": Postgres(home, durable=durable),
        "BROKER_URL": Valkey(home, name="broker", durable=durable),
        "CACHE_URL": Valkey(home, name="cache", durable=durable),
    }


def _open(var: Path, name: str) -> int:
    var.mkdir(mode=0o711, parents=True, exist_ok=True)
    return os.open(var / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@contextmanager
def _lock(var: Path, name: str, how: int) -> Iterator[None]:
    descriptor = _open(var, name)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
