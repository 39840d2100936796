"""Secrets that we must be able to read again, encrypted at rest with a key made of SECRET_KEY."""

import base64
import hashlib

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.encoding import force_bytes


def seal(text: str, *, purpose: str) -> str:
    """`text` encrypted. What is sealed for one purpose opens for no other."""
    return _safe(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """What `seal` was given, also where a key of SECRET_KEY_FALLBACKS sealed it. Raises
    cryptography's InvalidToken.
    """
    return _safe(purpose).decrypt(sealed.encode()).decode()


def reseal(sealed: str, *, purpose: str) -> str:
    """The same under SECRET_KEY itself, whichever key sealed it. Raises InvalidToken."""
    return _safe(purpose).rotate(sealed.encode()).decode()


def keys_in_use() -> list[str]:
    """The key that signs and seals, then those whose work is still believed."""
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _safe(purpose: str) -> MultiFernet:
    salt = purpose.encode() + b":"
    keys = (hashlib.sha256(salt + force_bytes(key)).digest() for key in keys_in_use())
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
