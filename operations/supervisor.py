"""Keeps processes running: starts them again when they die, ends them when it is told to.

A child that lives and yet does nothing is ended and started anew when somebody who knows asks for
it (`Child.ask_to_end`): first politely, then by force. For a new release all are replaced, one
after the other; the doors of those who listen stay open meanwhile.

Every child leads a process group of its own, so that Ctrl-C reaches this process alone and the
end has an order. What children print is passed on line by line, with their name before it.
"""

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from types import FrameType

from common.logs import PROCESS
from operations.console import Console
from operations.processes import SUPERVISOR, TELL

BACK_OFF_SECONDS = (0.5, 1, 2, 4, 8)
#: Having run this long, a child has earned a quick restart again.
STEADY_SECONDS = 30
#: From asking a child to end until it gets its `second_signal`, if it has one, and is killed.
PATIENCE_SECONDS = 5
GRACE_SECONDS = 20
#: Before it is killed a child has so long to tell where it hangs.
LAST_WORDS_SECONDS = 0.5
#: The next is replaced when all have run for so long again: not all start at the same time.
SETTLED_SECONDS = 3
#: Asks `up` to replace its children.
RENEW = signal.SIGUSR1


@dataclass
class Child:
    """One process to keep running. `module` is run by our Python with `arguments`.

    It is asked to end by SIGTERM, and by `second_signal` if that has not sufficed. `queues` are
    those whose work it does. At its `doors`, if it has any, others may knock while it is away.
    With a `renewal` signal it replaces itself.
    """

    name: str
    module: str
    arguments: Sequence[str]
    second_signal: signal.Signals | None = None
    queues: Collection[str] = ()
    renewal: signal.Signals | None = None
    doors: Sequence[socket.socket] = ()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0
    due_at: float = 0
    failures: int = 0
    asked_at: float = 0
    asked_again: bool = False
    asked_where: bool = False
    unfinished_line: bytes = field(default=b"", repr=False)

    def start(self) -> subprocess.Popen[bytes]:
        """Start it, following this process into its end."""
        self.started_at = time.monotonic()
        self.asked_at, self.asked_again, self.asked_where = 0, False, False
        at = [door.fileno() for door in self.doors]
        arguments = [*self.arguments, *(f"--fd={each}" for each in at)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "operations.supervised", self.module, *arguments],
            pass_fds=at,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={
                **os.environ,
                SUPERVISOR: str(os.getpid()),
                PROCESS: self.name,
                "PYTHONUNBUFFERED": "1",
            },
            start_new_session=True,
        )
        return self.process

    def ask_to_end(self) -> None:
        """SIGTERM, if it runs; `hurry` does the rest."""
        process = self.process  # other threads ask too
        if process and not self.asked_at:
            self.asked_at = time.monotonic()
            process.terminate()

    def renew(self) -> None:
        """Have it replaced, if it runs: by itself, or it ends and is started again."""
        if self.process and self.renewal:
            self.process.send_signal(self.renewal)
        else:
            self.ask_to_end()

    @property
    def is_settled(self) -> bool:
        """Whether it has run for a while, and is to go on."""
        steady = time.monotonic() - self.started_at > SETTLED_SECONDS
        return self.process is not None and steady and not self.asked_at

    def hurry(self, *, at_once: bool = False) -> None:
        """Ask again, ask where it hangs, then kill, once the time of each has come since it was
        asked to end.
        """
        if not self.process or not self.asked_at:
            return
        waited = time.monotonic() - self.asked_at
        if at_once or waited > GRACE_SECONDS:
            os.killpg(self.process.pid, signal.SIGKILL)
        elif waited > GRACE_SECONDS - LAST_WORDS_SECONDS and not self.asked_where:
            self.asked_where = True
            self.process.send_signal(TELL)
        elif self.second_signal and waited > PATIENCE_SECONDS and not self.asked_again:
            self.asked_again = True
            self.process.send_signal(self.second_signal)

    def ended(self) -> float:
        """Note that it ended; give the seconds until it is due again."""
        steady = time.monotonic() - self.started_at > STEADY_SECONDS
        self.failures = 0 if steady else self.failures + 1
        wait = BACK_OFF_SECONDS[min(self.failures, len(BACK_OFF_SECONDS) - 1)]
        self.process = None
        self.due_at = time.monotonic() + wait
        return wait


class Supervisor:
    """Runs children until SIGINT, SIGTERM or SIGHUP; a second one ends them at once. `RENEW` has
    all replaced, those last that replace themselves.
    """

    def __init__(self, children: Sequence[Child], *, as_json: bool = False) -> None:
        self.children = children
        width = max(len(child.name) for child in children)
        self.say = Console(as_json=as_json, width=width).say
        self.output = selectors.DefaultSelector()
        self.signals = 0
        self.stopping = False
        self.to_renew: list[Child] = []

    def run(self) -> None:
        """Start the children and stay until they have ended on request."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._take_signal)
        signal.signal(RENEW, self._plan_renewal)
        while not self.signals or any(child.process for child in self.children):
            if self.signals:
                self._stop_children()
            else:
                self._start_what_is_due()
                self._renew_next()
            for child in self.children:
                child.hurry(at_once=self.signals > 1)
            self._pass_on_output()
            self._notice_ends()

    def restart_all(self) -> None:
        """Ask every child to end; each is started again."""
        for child in self.children:
            child.ask_to_end()

    def _take_signal(self, number: int, frame: FrameType | None) -> None:
        self.signals += 1

    def _plan_renewal(self, number: int, frame: FrameType | None) -> None:
        self.to_renew = sorted(self.children, key=lambda child: child.renewal is not None)

    def _renew_next(self) -> None:
        if self.to_renew and all(child.is_settled for child in self.children):
            child = self.to_renew.pop(0)
            self.say(f"Replacing {child.name}")
            child.renew()

    def _start_what_is_due(self) -> None:
        for child in self.children:
            if child.process is None and time.monotonic() >= child.due_at:
                output = child.start().stdout
                assert output is not None
                os.set_blocking(output.fileno(), False)
                self.output.register(output, selectors.EVENT_READ, child)

    def _pass_on_output(self) -> None:
        for key, _ in self.output.select(timeout=0.2):
            child: Child = key.data
            chunk = os.read(key.fd, 65536)
            if not chunk:
                self.output.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]  # a pipe, never a bare number
            *lines, child.unfinished_line = (child.unfinished_line + chunk).split(b"\n")
            if not chunk and child.unfinished_line:
                lines, child.unfinished_line = [child.unfinished_line], b""
            for line in filter(bytes.strip, lines):
                self.say(line.decode(errors="replace").rstrip(), child.name)

    def _notice_ends(self) -> None:
        for child in self.children:
            if child.process and (code := child.process.poll()) is not None:
                wait = child.ended()
                again = "" if self.signals else f"; starting it again in {wait:g} s"
                self.say(f"{child.name} {_why(code)}{again}")

    def _stop_children(self) -> None:
        """Ask each child to end, once."""
        if not self.stopping:
            self.stopping = True
            self.say("Stopping (once more to stop at once)")
            self.restart_all()


def _why(code: int) -> str:
    """Say in words how a process ended."""
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with {code}"
