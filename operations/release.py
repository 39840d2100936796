"""Which Colloquy this is."""

import tomllib
from functools import cache

from operations.development import PROJECT


@cache
def release() -> str:
    """The release, as pyproject.toml has it: `0.1.0`."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    return str(project["version"])
