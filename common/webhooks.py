"""Signed webhooks after the Standard Webhooks specification (https://www.standardwebhooks.com)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"


def new_secret() -> str:
    """A random secret, in the form that receivers' libraries take."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(*, delivery: str, sent_at: int, body: bytes, keys: Iterable[str]) -> dict[str, str]:
    """What a receiver verifies `body` by: one signature for each secret in `keys`, so that it may
    know either while they change. `sent_at` is in Unix seconds.
    """
    signed = f"{delivery}.{sent_at}.".encode() + body
    return {
        "webhook-id": delivery,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": " ".join(_signature(signed, key) for key in keys),
    }


def _signature(signed: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
