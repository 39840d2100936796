"""One embedded PostgreSQL and two Valkeys for a whole test run, shared by its xdist workers.

`provide` must run before Django's settings load. Servers whose URL the environment gives are
used instead. All the rest is thrown away at the end; should the run be killed, its servers die
with it.
"""

import atexit
import fcntl
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from psycopg import sql

from operations import embedded
from operations.development import PROJECT

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
PREFIX = "colloquy-test-"
#: What a developer may have set for an install of their own.
NOT_FOR_TESTS = (
    *("COLLOQUY_CHALLENGES", "COLLOQUY_CHALLENGE_TRIES", "COLLOQUY_DISPOSABLE_MAIL"),
    *("ALLOWED_HOSTS", "COLLOQUY_RATE_LIMITS", "DEBUG", "EMAIL_FROM", "EMAIL_URL"),
    *(
        "COLLOQUY_LOG_FORMAT",
        "COLLOQUY_LOG_REQUESTS",
        "COLLOQUY_STALL_SECONDS",
        "METRICS_HOST",
        "METRICS_PORT",
    ),
    *("LIVE_URL", "OUTBOUND_ALLOWED_NETWORKS", "PORT", "PUBLIC_URL", "SIGNIN_PROVIDERS"),
    *("CDN_PURGER", "CDN_PURGE_TOKEN", "CDN_PURGE_URLS", "CDN_SECONDS", "TRUSTED_PROXIES"),
)
TEMPLATE = "migrated"
OURS = "COLLOQUY_TEST_FOLDER"


def provide() -> None:
    """Set the environment for tests; the first process of a run starts the servers."""
    for name in NOT_FOR_TESTS:
        os.environ.pop(name, None)
    if not WORKER:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        folder.chmod(0o711)  # as root the servers run as nobody, who must get in
        atexit.register(_discard, folder)
        roles = [role for role in embedded.ROLES if role not in os.environ]
        os.environ.update(embedded.ensure(folder, durable=False, roles=roles) if roles else {})
        os.environ[OURS] = str(folder)
        os.environ["COLLOQUY_TEST_TEMPLATE"] = "1" if "DATABASE_URL" in roles else ""
    var = Path(os.environ[OURS], WORKER or "run")
    (var / "static").mkdir(mode=0o711, parents=True, exist_ok=True)
    os.environ.update(
        COLLOQUY_ENV="development",
        COLLOQUY_VAR=str(var),
        COLLOQUY_KEY_PREFIX=f"test-{WORKER or 'run'}:",
        DJANGO_SETTINGS_MODULE="config.settings",
        SECRET_KEY=secrets.token_urlsafe(48),
    )
    number = int(WORKER.removeprefix("gw") or 0) % 16
    for role in ("BROKER_URL", "CACHE_URL"):
        os.environ[role] = urlsplit(os.environ[role])._replace(path=f"/{number}").geturl()
    os.environ["DATABASE_LIMITS"] = "web"  # tests ask as requests do
    assert settings.SECRET_KEY, "they load now"
    del os.environ["DATABASE_LIMITS"]
    # xdist's workers inherit our environment, and pytest-django would load the settings of whoever
    # names them there before this has run: all workers would share one cache, and clear it.
    del os.environ["DJANGO_SETTINGS_MODULE"]


def template() -> str | None:
    """Give the name of a migrated database to clone, made by the first worker that asks.

    None where the database server was given: it may hold anything.
    """
    if not os.environ["COLLOQUY_TEST_TEMPLATE"]:
        return None
    given = os.environ["DATABASE_URL"]
    with Path(os.environ[OURS], "template").open("a+") as made:
        fcntl.flock(made, fcntl.LOCK_EX)
        if not made.seek(0, os.SEEK_END):  # who waited opened it when it was still empty
            with psycopg.connect(given, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {TEMPLATE}")
            command = [sys.executable, "manage.py", "migrate", "--verbosity=0", "--skip-checks"]
            url = urlsplit(given)._replace(path=TEMPLATE).geturl()
            subprocess.run(
                command, cwd=PROJECT, env={**os.environ, "DATABASE_URL": url}, check=True
            )
            made.write("migrated")
    return TEMPLATE


@contextmanager
def for_an_install(name: str) -> Iterator[dict[str, str]]:
    """Give the environment of an install over the run's servers: another database, migrated like
    the tests' own, and names of its own in the Valkeys.
    """
    name = f"{name}_{WORKER or 'run'}"
    database, made = sql.Identifier(name), sql.Identifier(template() or "template1")
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(database))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(database, made))
        yield {
            **{role: os.environ[role] for role in embedded.ROLES},
            "DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl(),
            "COLLOQUY_KEY_PREFIX": f"{name}:",
            "SECRET_KEY": os.environ["SECRET_KEY"],
        }
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))


def _discard(folder: Path) -> None:
    servers = folder / "servers"
    if servers.exists():
        embedded.stop(folder)
        shutil.rmtree(servers.resolve())
    shutil.rmtree(folder)
