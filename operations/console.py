"""What `manage.py up` prints: its own sentences, and the lines of its children."""

import os
import sys

import orjson

from common import clock


class Console:
    """Standard output, a line at a time, each under the name of who says it.

    As JSON every line is an object: a child's own pass through, anything else is wrapped.
    """

    def __init__(self, *, as_json: bool, width: int = 2) -> None:
        self.as_json = as_json
        self.width = width

    def say(self, line: str, name: str = "up") -> None:
        """Print one line. Nobody reading on is no reason to stop."""
        try:
            print(self._formed(line, name), flush=True)
        except BrokenPipeError:
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (for good)

    def _formed(self, line: str, name: str) -> str:
        if not self.as_json:
            return f"{name:<{self.width}} | {line}"
        if line.startswith('{"'):
            return line
        moment = clock.now().isoformat(timespec="milliseconds")
        event = {"event": line, "timestamp": moment, "level": "info", "process": name}
        return orjson.dumps(event).decode()
