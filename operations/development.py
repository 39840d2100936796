"""A development install: its state folder, and the values kept there from one start to the next.

`<var>/env` (mode 0600) holds what a person did not set: a random secret key and the URLs of the
embedded servers. `config.environment` reads it for what the environment leaves unset.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from operations import embedded

PROJECT = Path(__file__).resolve().parent.parent


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Give the folder for all that an install keeps: `COLLOQUY_VAR`, or `var/` in the checkout."""
    return Path(environ.get("COLLOQUY_VAR") or PROJECT / "var").resolve()


def kept_values(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Give what `<var>/env` holds; nothing where the environment says production."""
    if environ.get("COLLOQUY_ENV", "development") != "development":
        return {}
    kept = dotenv_values(state_folder(environ) / "env", interpolate=False)
    return {name: value for name, value in kept.items() if value is not None}


def prepare() -> None:
    """In development, see that the embedded servers run where URLs are unset, and keep their URLs.

    They run until the last command that borrowed them has ended. Raises ServerFailed.
    """
    kept = kept_values()
    environment = os.environ.get("COLLOQUY_ENV") or kept.get("COLLOQUY_ENV")
    wanted = [role for role in embedded.ROLES if not os.environ.get(role)]
    if environment != "development" or not wanted:
        return
    urls = embedded.borrow(state_folder(), roles=wanted)
    keep({"COLLOQUY_ENV": "development", "SECRET_KEY": secrets.token_urlsafe(48)} | kept | urls)


def keep(values: Mapping[str, str]) -> None:
    """Replace `<var>/env`, readable by its owner only."""
    path = state_folder() / "env"
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.touch(mode=0o600)
    unfinished.write_text("".join(f"{name}='{value}'\n" for name, value in values.items()))
    unfinished.replace(path)
