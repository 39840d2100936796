"""What PostgreSQL and Valkey have in common: adopt or start, wait until it answers, stop."""

import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path

import psutil

from operations import ports
from operations.embedded.home import Home
from operations.processes import detached, dying_with, ended, is_alive

ATTEMPTS = 5
SAY_EVERY_SECONDS = 5
STOP_SECONDS = 60
BIG_LOG_BYTES = 10_000_000
BARE_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class ServerFailed(Exception):
    """A server could not be started or stopped; the text says why, for people."""


class Server(ABC):
    """One server process, in a session of its own, so that Ctrl-C does not reach it first."""

    def __init__(self, home: Home, *, name: str, durable: bool) -> None:
        self.home = home
        self.name = name
        self.durable = durable
        self.log = home.logs / f"{name}.log"
        self.port_file = f"{name}.port"

    @abstractmethod
    def url(self, port: int) -> str:
        """Give the URL applications connect with."""

    @abstractmethod
    def prepare(self) -> None:
        """Make what must exist before a start. Called while no process of ours lives."""

    @abstractmethod
    def command(self, port: int) -> list[str]:
        """Give the command that starts it on `port`, in the foreground."""

    @abstractmethod
    def process(self) -> psutil.Process | None:
        """Give the living process of this very data folder, or None."""

    @abstractmethod
    def answers(self, port: int) -> bool:
        """Tell whether it takes commands; brings it into its final form (a database) once."""

    @abstractmethod
    def ask_to_end(self, process: psutil.Process) -> None:
        """Ask a living server for a clean end, without waiting."""

    def ensure(self) -> str:
        """Adopt the living server of this folder, or start one; give its URL once it answers.

        Waits as long as the process lives: recovery after a crash takes what it takes.
        """
        for _ in range(ATTEMPTS):
            if port := self._wait_for(self.process() or self._start()):
                return self.url(port)
            time.sleep(0.5)  # orphans of a killed server need a moment to leave
        raise ServerFailed(f"{self.name} does not start. {self.log} ends:\n{self._last_words()}")

    def stop(self) -> None:
        """End it cleanly and wait; nothing if it is down."""
        if process := self.process():
            self.ask_to_end(process)
            if not ended(process, within=STOP_SECONDS):
                raise ServerFailed(f"{self.name} (process {process.pid}) does not stop.")

    def _start(self) -> psutil.Process:
        self.prepare()
        port = self._free_port()
        self.home.write(self.port_file, str(port))
        if self.log.exists() and self.log.stat().st_size > BIG_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        reading, writing = os.pipe()
        with self.log.open("ab") as log:
            us = dying_with(os.getpid(), signal.SIGQUIT)
            server = subprocess.Popen(
                self.command(port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home.path,
                env=BARE_ENVIRONMENT,
                start_new_session=True,
                preexec_fn=detached(writing) if self.durable else us,
                **self.home.account.popen,
            )
        os.close(writing)
        with os.fdopen(reading) as report:
            pid = int(report.read() or server.pid)
        if self.durable:
            server.wait()
        else:
            server.returncode = 0  # no warning that it still runs when we end: it ends with us
        return psutil.Process(pid)

    def _wait_for(self, process: psutil.Process) -> int | None:
        """Give the port once it answers, or None when the process ended before."""
        begun = said = time.monotonic()
        while is_alive(process):
            if (port := self.kept_port()) and self.answers(port):
                return port
            if time.monotonic() > said + SAY_EVERY_SECONDS:
                said = time.monotonic()
                waited = f"Waiting for {self.name}, {said - begun:.0f} s: "
                print(waited + self._last_words(1), file=sys.stderr)
            time.sleep(0.02 if time.monotonic() < begun + 0.5 else 0.2)
        return None

    def kept_port(self) -> int | None:
        """Give the port of the last start."""
        return read_number(self.home.path / self.port_file)

    def _free_port(self) -> int:
        """Give the port of the last start if it is free, else another."""
        kept = self.kept_port()
        if kept and ports.is_free(kept):
            return kept
        try:
            return ports.free_port()
        except OSError as fault:
            raise ServerFailed(str(fault)) from fault

    def _last_words(self, lines: int = 8) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def read_number(path: Path) -> int | None:
    """Give the whole number on a file's first line, or None if there is none."""
    try:
        return int(path.read_text().splitlines()[0])
    except (OSError, IndexError, ValueError):
        return None
