"""Secrets worth the name, and an account that is not everybody's."""

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage

from operations.deployment.findings import unwise, wrong

#: Of 50 random characters of base64 hardly ever fewer than so many differ.
DIFFERENT_CHARACTERS = 20
#: Words that documentation puts where a secret belongs.
PLACEHOLDERS = ("secret", "password", "insecure", "changeme", "change-me", "example", "colloquy")


def environment(**kwargs: Any) -> list[CheckMessage]:
    """This is production."""
    if settings.IN_PRODUCTION:
        return []
    sentence = (
        "COLLOQUY_ENV is development: demo pages, cookies without HTTPS and embedded servers are"
        " not for readers. Unset it, or say production."
    )
    return [wrong("environment", sentence)]


def secret_key(**kwargs: Any) -> list[CheckMessage]:
    """SECRET_KEY was made by chance, not by a person."""
    key = settings.SECRET_KEY
    if len(set(key)) >= DIFFERENT_CHARACTERS and not _is_placeholder(key):
        return []
    sentence = (
        "SECRET_KEY looks as if a person had made it up: who guesses it signs in as anybody."
        " `openssl rand -base64 48` makes one."
    )
    return [wrong("secret_key", sentence)]


def passwords(**kwargs: Any) -> list[CheckMessage]:
    """What the servers' URLs hold is neither missing nor from a book."""
    return list(_passwords())


def _passwords() -> Iterator[CheckMessage]:
    database = settings.DATABASES["default"]
    held = {
        "DATABASE_URL": str(database.get("PASSWORD") or ""),
        "BROKER_URL": _password_in(settings.CELERY_BROKER_URL),
        "CACHE_URL": _password_in(str(settings.CACHES["default"]["LOCATION"])),
    }
    over_a_socket = str(database.get("HOST", "")).startswith("/")
    for name, password in held.items():
        if name == "DATABASE_URL" and over_a_socket and not password:
            continue  # PostgreSQL asks the kernel whose the process is
        if not password:
            yield unwise(
                "password",
                f"{name} has no password: whoever reaches that server may read and change all it"
                " has.",
            )
        elif _is_placeholder(password):
            yield wrong(
                "password",
                f"The password in {name} is one from a book. `openssl rand -hex 24` makes one.",
            )


def account(**kwargs: Any) -> list[CheckMessage]:
    """Not root."""
    if os.geteuid():
        return []
    sentence = (
        "This runs as root: a fault in any package would own the machine. Give Colloquy an account"
        " of its own, and run this check under it too."
    )
    return [unwise("account", sentence)]


def _password_in(url: str) -> str:
    return unquote(urlsplit(url).password or "")


def _is_placeholder(secret: str) -> bool:
    """A secret that is such a word, or begins with one."""
    return secret.lower().startswith(PLACEHOLDERS)
