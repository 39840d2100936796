"""What a check says: a sentence, under a name that stays."""

from django.core import checks

#: What this machine calls itself.
HERE = ("localhost", "127.0.0.1", "::1", "")


def wrong(name: str, sentence: str) -> checks.CheckMessage:
    """What cannot work, or loses something. `check` ends with 1."""
    return checks.Error(sentence, id=f"colloquy.{name}")


def unwise(name: str, sentence: str) -> checks.CheckMessage:
    """What works, and somebody will regret."""
    return checks.Warning(sentence, id=f"colloquy.{name}")


def is_here(host: str) -> bool:
    """Whether a server's host is this machine, or a socket on its disk."""
    return host.lower() in HERE or host.startswith("/")


def said(fault: Exception) -> str:
    """A fault's first line, as a sentence."""
    lines = str(fault).strip().splitlines() or [type(fault).__name__]
    return lines[0].rstrip(".") + "."
