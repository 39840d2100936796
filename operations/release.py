"""Which Colloquy this is, and under which key."""

import tomllib
from functools import cache

from django.utils.crypto import salted_hmac

from common.sealing import keys_in_use
from operations.development import PROJECT


@cache
def release() -> str:
    """The release, as pyproject.toml has it: `0.1.0`."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    return str(project["version"])


def key_mark() -> str:
    """Something that is another for another SECRET_KEY, and tells nothing about it."""
    return key_marks()[0]


def key_marks() -> list[str]:
    """The marks of all keys that open something here, that of SECRET_KEY first."""
    return [
        salted_hmac("operations.release", "key mark", secret=key, algorithm="sha256").hexdigest()[
            :16
        ]
        for key in keys_in_use()
    ]
