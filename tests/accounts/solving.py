"""A client that solves what it is asked to, as `docs/abuse.md` says."""

import base64
import hashlib
import json
import struct
from typing import Any


def solve(challenge: dict[str, Any]) -> str:
    """The value of `X-Challenge-Solution`. Written down from the documentation, not from ours."""
    asked = challenge["parameters"]
    nonce, salt = bytes.fromhex(asked["nonce"]), bytes.fromhex(asked["salt"])
    for counter in range(asked["data"]["tries"]):
        key = hashlib.pbkdf2_hmac(
            "sha256", nonce + struct.pack(">I", counter), salt, asked["cost"], asked["keyLength"]
        )
        if key.hex().startswith(asked["keyPrefix"]):
            solution = {"counter": counter, "derivedKey": key.hex()}
            return encoded({"challenge": challenge, "solution": solution})
    raise AssertionError("no number solves it")


def encoded(payload: Any) -> str:
    return base64.b64encode(json.dumps(payload).encode()).decode()
