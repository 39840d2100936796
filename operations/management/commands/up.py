"""`manage.py up`: migrate, seed once, run everything, say where to look."""

import errno
import fcntl
import json
import logging
import os
import signal
import socket
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from common import doors
from operations import development
from operations.console import Console
from operations.liveness import Watchman
from operations.supervisor import Child, Supervisor

#: Who listens, how far from `PORT`.
PORTS = {"web": 0, "live": 1}


class Command(BaseCommand):
    help = (
        "Migrate, then run web, live, workers and beat and keep them running. Ctrl-C ends all."
        " SIGUSR1 replaces them one after the other, for a new release: see docs/upgrading.md."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--workers", type=int, default=2, help="web processes")
        parser.add_argument("--threads", type=int, default=4, help="threads of each")

    def handle(self, *args: Any, **options: Any) -> None:
        # Seeding sends requests and does workers' work in this process; nobody asked.
        for busy in ("operations.requests", "outbox.services.relay"):
            logging.getLogger(busy).setLevel(logging.WARNING)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with _only_one_in(settings.VAR):
                _refuse_a_taken_port(options["host"], settings.PORT)
                if settings.LIVE_URL:
                    _refuse_a_taken_port(options["host"], settings.PORT + 1)
                if settings.METRICS_PORT:
                    _refuse_a_taken_port(settings.METRICS_HOST, settings.METRICS_PORT)
                self._prepare()
                self._supervise(options["host"], options["workers"], options["threads"])
        except KeyboardInterrupt:
            _tell("Stopped before everything was up.")

    def _prepare(self) -> None:
        for folder in (settings.STATIC_ROOT, settings.VAR / "beat"):
            Path(folder).mkdir(parents=True, exist_ok=True)
        for counted in settings.METRICS_DIR.glob("*.db"):
            counted.unlink()  # by processes of an earlier start
        _tell("Migrating the database.")
        call_command("migrate", verbosity=0)
        if settings.IN_PRODUCTION:
            if os.geteuid() == 0:
                _tell("Running as root: better give Colloquy an account of its own.")
            call_command("collectstatic", interactive=False, verbosity=0)
        else:
            development.keep({"PORT": str(settings.PORT)})
            if not _demo_file().exists() and "seed_demo" in get_commands():
                _tell("Filling the demo newsroom; this happens once.")
                call_command("seed_demo")
        connections.close_all()

    def _supervise(self, host: str, workers: int, threads: int) -> None:
        children = _children(host, workers, threads)
        for child in children:
            if child.name in PORTS:
                count = workers if child.name == "web" else 1
                child.doors = doors.opened(host, settings.PORT + PORTS[child.name], count=count)
        supervisor = Supervisor(children, as_json=settings.LOG_AS_JSON)
        watchman = Watchman(supervisor, after=timedelta(seconds=settings.STALL_SECONDS))
        ended = threading.Event()
        guard = threading.Thread(
            target=development.keep_servers_up,
            kwargs={"until": ended, "say": supervisor.say, "moved": supervisor.restart_all},
        )
        guard.start()
        threading.Thread(target=watchman.watch, kwargs={"until": ended}, daemon=True).start()
        threading.Thread(target=_announce, args=[host, supervisor.say], daemon=True).start()
        try:
            supervisor.run()
        finally:
            ended.set()
            guard.join()
        supervisor.say("Everything has stopped.")


def _children(host: str, workers: int, threads: int) -> list[Child]:
    """What runs beside this process.

    Workers finish their tasks on SIGTERM; on SIGQUIT they give back what they cannot finish soon.
    """
    web = ["--host", host, "--port", str(settings.PORT)]
    web += ["--workers", str(workers), "--threads", str(threads)]
    celery = ["-A", "config", "--quiet"]
    # One process each: what a pool's children inherit keeps a connection half alive that the broker
    # has closed, and their parent would turn round on it without end.
    worker = [*celery, "worker", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
    worker += ["-P", "threads"]
    schedule = str(settings.VAR / "beat" / "schedule")
    screening = [*worker, "-n", "screening@%h", "-Q", "screening", "-c", "1"]
    network = [*worker, "-n", "network@%h", "-Q", "screening_network", "-c", "4"]
    others = [*worker, "-n", "others@%h", "-Q", "delivery,bulk", "-c", "2"]
    quit_soon = signal.SIGQUIT
    children = [
        Child("web", "config.web", web, renewal=signal.SIGHUP),
        Child("worker-screening", "celery", screening, quit_soon, {"screening"}),
        Child("worker-network", "celery", network, quit_soon, {"screening_network"}),
        Child("worker", "celery", others, quit_soon, {"delivery", "bulk"}),
        Child("beat", "celery", [*celery, "beat", "--schedule", schedule, "--pidfile="]),
    ]
    if settings.LIVE_URL:
        children.insert(0, Child("live", "config.live", ["--host", host]))  # it is there soonest
    if settings.METRICS_PORT:
        children.append(Child("metrics", "django", ["serve_metrics"]))
    return children


def _tell(line: str) -> None:
    """Say something before there are children: plainly, unless machines read."""
    if settings.LOG_AS_JSON:
        Console(as_json=True).say(line)
    else:
        print(line, flush=True)


@contextmanager
def _only_one_in(var: Path) -> Iterator[None]:
    """Hold the state folder: two of us would run two beats over one schedule file."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(f"Colloquy is already running from {var}.") from None
        lock.truncate(0)
        print(os.getpid(), file=lock, flush=True)  # whom to ask for what a signal can say
        yield


def _refuse_a_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as refusal:
            why = "is in use" if refusal.errno == errno.EADDRINUSE else f"cannot be used: {refusal}"
            hint = f"Choose another, as in: PORT={port + 10} make run"
            raise CommandError(f"Port {port} {why}. {hint}") from None


def _announce(host: str, say: Callable[[str], None]) -> None:
    """Wait until the site answers that it is ready, then say where to look."""
    begun = time.monotonic()
    address = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(host, host)  # noqa: S104  (compared, not bound)
    name = urlsplit(settings.PUBLIC_URL).netloc
    request = Request(f"http://{address}:{settings.PORT}/readyz", headers={"Host": name})
    while True:
        try:
            with urlopen(request, timeout=5):  # noqa: S310  (our own address)
                break
        except OSError:
            time.sleep(0.2)
    say(f"Ready after {time.monotonic() - begun:.1f} s.")
    for line in _where_to_look():
        say(line)


def _where_to_look() -> Iterator[str]:
    if not settings.IN_PRODUCTION:
        yield f"Front page  {settings.PUBLIC_URL}/"
    if not settings.IN_PRODUCTION and _demo_file().exists():
        for edition in json.loads(_demo_file().read_text())["article"]["editions"]:
            yield f"Article {edition['locale']}  {edition['url']}"
    yield f"Desk        {settings.PUBLIC_URL}/moderation/"
    if not settings.IN_PRODUCTION:
        yield f"Accounts    {_demo_file()}"
        yield f"Mail        {settings.EMAIL_FILE_PATH}"
        yield f"Data        {(settings.VAR / 'servers').resolve()}"


def _demo_file() -> Path:
    return Path(settings.VAR, "demo.json")
