"""docs/deploy.md, as a shell reads it."""

from dataclasses import dataclass

from operations.development import PROJECT
from tests.architecture.test_docs import READ
from tests.journeys.walking import COMMANDS, HEADING

PAGE = PROJECT / "docs/deploy.md"


@dataclass(frozen=True)
class Block:
    """Commands that stand together, below a heading."""

    heading: str
    commands: str


def blocks() -> list[Block]:
    """All that the page tells to run, in its order."""
    _, *parts = HEADING.split(PAGE.read_text())
    return [
        Block(heading, commands)
        for heading, part in zip(parts[::2], parts[1::2], strict=True)
        for commands in COMMANDS.findall(part)
    ]


def known_variables() -> set[str]:
    """The environment that Colloquy reads, by name."""
    code = ("config/environment.py", "operations/development.py")
    return {name for path in code for name in READ.findall((PROJECT / path).read_text())}
