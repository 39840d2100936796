"""A development install: its state folder, and the values kept there from one start to the next.

`<var>/env` (mode 0600) holds what a person did not set: a random secret key and the URLs of the
embedded servers. `config.environment` reads it for what the environment leaves unset.
"""

import os
import secrets
import threading
from collections.abc import Callable, Mapping
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
    if "development" in (os.environ.get("COLLOQUY_ENV"), kept.get("COLLOQUY_ENV")):
        _borrowed.extend(role for role in embedded.ROLES if role not in os.environ)
    if _borrowed:
        urls = embedded.borrow(state_folder(), roles=_borrowed)
        new = {"COLLOQUY_ENV": "development", "SECRET_KEY": secrets.token_urlsafe(48)}
        keep({**new, **kept, **urls})


def keep_servers_up(
    *, until: threading.Event, say: Callable[[str], None], moved: Callable[[], None]
) -> None:
    """Start borrowed servers again when they die; call `moved` if a URL has changed by that."""
    while _borrowed and not until.wait(timeout=1):
        if down := embedded.down(state_folder(), roles=_borrowed):
            say(f"{' and '.join(down)} went down; starting again")
            try:
                urls = embedded.ensure(state_folder(), roles=_borrowed)
            except embedded.ServerFailed as failure:
                say(str(failure))
                continue
            if not urls.items() <= kept_values().items():
                keep(urls)
                moved()


def keep(values: Mapping[str, str]) -> None:
    """Write `values` over what `<var>/env` holds. Only its owner can read it."""
    path = state_folder() / "env"
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.touch(mode=0o600)
    merged = {**kept_values(), **values}
    unfinished.write_text("".join(f"{name}='{value}'\n" for name, value in merged.items()))
    unfinished.replace(path)


#: The roles this process has borrowed an embedded server for.
_borrowed: list[str] = []
