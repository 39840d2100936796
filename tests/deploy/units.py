"""deploy/systemd, as systemd reads it."""

import shlex
from pathlib import Path

from operations.development import PROJECT

UNITS = PROJECT / "deploy/systemd"


def names() -> list[str]:
    """Every unit's file name."""
    return sorted(path.name for path in UNITS.iterdir() if path.is_file())


def told(unit: str, setting: str) -> list[str]:
    """What a unit says of a setting, each time it does; lines that go on are joined."""
    text = (UNITS / unit).read_text().replace("\\\n", " ")
    pairs = [line.partition("=") for line in text.splitlines() if not line.startswith("#")]
    return [value.strip() for name, _, value in pairs if name == setting]


def command(service: str) -> list[str]:
    """The words of a service's command, after Python's."""
    [line] = told(f"{service}.service", "ExecStart")
    return shlex.split(line.replace("%%", "%"))[1:]


def programs() -> set[Path]:
    """All that units start, by its path on the machine."""
    lines = [
        line
        for unit in names()
        for setting in ("ExecStart", "ExecStartPre", "ExecReload", "ExecStop", "ExecStopPost")
        for line in told(unit, setting)
    ]
    return {Path(line.split()[0].lstrip("+-")) for line in lines}
