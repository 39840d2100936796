"""A page of docs/ walked as it stands there: its commands in their order, in one terminal."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from operations.development import PROJECT

HEADING = re.compile(r"^## (.+)\n", re.MULTILINE)
COMMANDS = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
#: Where a reader of the page has Python; this run has its own.
PYTHON = ".venv/bin/python"
DONE = "-- done\n"


class Walk:
    """The parts of a page that have commands, by their headings, and how long each took."""

    def __init__(self, page: Path, terminal: subprocess.Popen[str]) -> None:
        _, *found = HEADING.split(page.read_text())
        parts = zip(found[::2], map(COMMANDS.findall, found[1::2]), strict=True)
        self.ahead = [(heading, commands) for heading, commands in parts if commands]
        self.terminal = terminal
        self.seconds: dict[str, float] = {}

    def go_on(self, heading: str) -> str:
        """Run the commands of the next part, which has this heading; give what they print. Fails
        where one of them does.
        """
        named, commands = self.ahead.pop(0)
        assert named == heading
        with self.timed(heading):
            return self._typed("".join(commands))

    @contextmanager
    def timed(self, heading: str) -> Iterator[None]:
        """Note how long the block takes."""
        begun = time.monotonic()
        yield
        self.seconds[heading] = time.monotonic() - begun

    def _typed(self, commands: str) -> str:
        assert self.terminal.stdin
        assert self.terminal.stdout
        here = commands.replace(PYTHON, sys.executable)
        self.terminal.stdin.write(f"{here}\nprintf '\\n{DONE.strip()}\\n'\n")
        self.terminal.stdin.flush()
        printed = ""
        for line in self.terminal.stdout:
            if line == DONE:
                return printed
            printed += line
        raise AssertionError(f"a command failed:\n{printed}")


@contextmanager
def walked(page: str, environ: Mapping[str, str]) -> Iterator[Walk]:
    """Open a terminal for a page. What was left running in it ends with it."""
    with subprocess.Popen(
        ["bash", "-eu", "-o", "pipefail"],
        cwd=PROJECT,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as terminal:
        try:
            yield Walk(PROJECT / page, terminal)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(terminal.pid, signal.SIGTERM)
