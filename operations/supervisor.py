"""Keeps processes running: starts them again when they die, ends them when it is told to.

Every child leads a process group of its own, so that Ctrl-C reaches this process alone and the
end has an order. What children print is passed on line by line, with their name before it.
"""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FrameType

from operations.processes import SUPERVISOR

BACK_OFF_SECONDS = (0.5, 1, 2, 4, 8)
#: Having run this long, a child has earned a quick restart again.
STEADY_SECONDS = 30
#: From asking children to end until those with a `second_signal` get it, and all are killed.
PATIENCE_SECONDS = 5
GRACE_SECONDS = 20


@dataclass
class Child:
    """One process to keep running. `module` is run by our Python with `arguments`.

    It is asked to end by SIGTERM, and by `second_signal` if that has not sufficed.
    """

    name: str
    module: str
    arguments: Sequence[str]
    second_signal: signal.Signals | None = None
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0
    due_at: float = 0
    failures: int = 0
    unfinished_line: bytes = field(default=b"", repr=False)

    def start(self) -> subprocess.Popen[bytes]:
        """Start it, following this process into its end."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "operations.supervised", self.module, *self.arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, SUPERVISOR: str(os.getpid()), "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        return self.process

    def ended(self) -> float:
        """Note that it ended; give the seconds until it is due again."""
        steady = time.monotonic() - self.started_at > STEADY_SECONDS
        self.failures = 0 if steady else self.failures + 1
        wait = BACK_OFF_SECONDS[min(self.failures, len(BACK_OFF_SECONDS) - 1)]
        self.process = None
        self.due_at = time.monotonic() + wait
        return wait


class Supervisor:
    """Runs children until SIGINT, SIGTERM or SIGHUP; a second one ends them at once."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = children
        self.width = max(len(child.name) for child in children)
        self.output = selectors.DefaultSelector()
        self.signals = 0
        self.stopping_since = 0.0

    def run(self) -> None:
        """Start the children and stay until they have ended on request."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._take_signal)
        while not self.signals or any(child.process for child in self.children):
            if self.signals:
                self._stop_children()
            else:
                self._start_what_is_due()
            self._pass_on_output()
            self._notice_ends()

    def restart_all(self) -> None:
        """Ask every child to end; each is started again."""
        for child in self.children:
            if child.process:
                child.process.terminate()

    def say(self, line: str, name: str = "up") -> None:
        """Print a line under a name."""
        try:
            print(f"{name:<{self.width}} | {line}", flush=True)
        except BrokenPipeError:
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (nobody reads on; go on working)

    def _take_signal(self, number: int, frame: FrameType | None) -> None:
        self.signals += 1

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
                key.fileobj.close()  # type: ignore[union-attr]
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
        """Ask, ask again, kill: one step at a time, called until everyone has ended."""
        now = time.monotonic()
        if not self.stopping_since:
            self.stopping_since = now
            self.say("Stopping (once more to stop at once)")
            self.restart_all()
        for child in self.children:
            if not child.process:
                continue
            if self.signals > 1 or now > self.stopping_since + GRACE_SECONDS:
                os.killpg(child.process.pid, signal.SIGKILL)
            elif child.second_signal and now > self.stopping_since + PATIENCE_SECONDS:
                child.process.send_signal(child.second_signal)
                child.second_signal = None


def _why(code: int) -> str:
    """Say in words how a process ended."""
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with {code}"
