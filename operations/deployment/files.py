"""What has to lie on disk, and for whose eyes."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.checks import CheckMessage

from operations.deployment.findings import unwise, wrong

#: Where docs/deploy.md puts the environment of services.
SETTINGS_FILE = Path("/etc/colloquy/env")


def static_files(**kwargs: Any) -> list[CheckMessage]:
    """Styles and scripts of our own pages are collected, as they are now."""
    stale = sum(
        not _is_as_big(Path(settings.STATIC_ROOT, name), Path(storage.path(name)))
        for finder in get_finders()
        for name, storage in finder.list([])
    )
    if not stale:
        return []
    sentence = (
        f"{stale} static files in {settings.STATIC_ROOT} are missing or of another release: run"
        " `manage.py collectstatic --no-input`, or pages come without their styles."
    )
    return [wrong("static_files", sentence)]


def widget(**kwargs: Any) -> list[CheckMessage]:
    """The script that publishers' pages load is built."""
    if Path(settings.WIDGET_DIR, "colloquy.js").is_file():
        return []
    sentence = f"{settings.WIDGET_DIR}/colloquy.js is missing: build the widget by `make install`."
    return [wrong("widget", sentence)]


def state_folder(**kwargs: Any) -> list[CheckMessage]:
    """COLLOQUY_VAR is ours to write in, and nobody else's to read."""
    return list(_state_folder())


def _state_folder() -> Iterator[CheckMessage]:
    if not os.access(settings.VAR, os.W_OK | os.X_OK):
        yield wrong(
            "var",
            f"This account cannot write in COLLOQUY_VAR, {settings.VAR}: make the folder, and"
            " give it to the account.",
        )
    elif _mode(settings.VAR) & stat.S_IWOTH:
        yield wrong(
            "var", f"Anybody may write in COLLOQUY_VAR, {settings.VAR}: chmod o-rwx {settings.VAR}"
        )


def secrets(**kwargs: Any) -> list[CheckMessage]:
    """Files that hold secrets are closed to others."""
    named = filter(None, [os.environ.get("SIGNIN_PROVIDERS")])
    held = [file for file in (SETTINGS_FILE, *map(Path, named)) if file.exists()]
    return [
        unwise(
            "open_secrets",
            f"Anybody on this machine may read {file}, which holds secrets: chmod o-rwx {file}",
        )
        for file in held
        if _mode(file) & stat.S_IRWXO
    ]


def _is_as_big(collected: Path, source: Path) -> bool:
    return collected.is_file() and collected.stat().st_size == source.stat().st_size


def _mode(path: Path) -> int:
    return path.stat().st_mode
