"""Proof of work: a puzzle that costs a phone a second and a machine with a million requests days.

altcha's scheme (PBKDF2; the sender tries numbers until the key begins as asked). Nothing is kept
of a challenge that was handed out, its signature says that it is ours; of one that was solved its
nonce is kept until it would have run out, for altcha itself would take a solution twice.
"""

import secrets
from typing import Any

import altcha
from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac

from common import clock
from common.sealing import keys_in_use

ALGORITHM = "PBKDF2/SHA-256"
LONGEST = 4_000


def make(*, purpose: str, who: str) -> dict[str, Any]:
    """A challenge for one thing (`purpose`) that one sender (`who`) wants to do, as JSON goes out:
    `{parameters, signature}`. `parameters.data.tries` says after how many numbers it is over.
    Costs a third of a millisecond.
    """
    tries = settings.CHALLENGE["tries"]
    challenge = altcha.create_challenge(
        ALGORITHM,
        settings.CHALLENGE["cost"],
        counter=secrets.randbelow(tries),
        expires_at=int(clock.now().timestamp()) + settings.CHALLENGE["seconds"],
        data={"for": _bound(purpose, who)[0], "tries": tries},
        hmac_secret=_secrets()[0],
    )
    return challenge.to_dict()


def is_solved(solution: str, *, purpose: str, who: str) -> bool:
    """Whether this (base64 of JSON, `{challenge, solution}`) solves a challenge of ours for this
    very purpose and sender, in time and for the first time. Raises CacheAway.
    """
    if not solution or len(solution) > LONGEST:
        return False
    if not any(altcha.verify_solution(solution, each).verified for each in _secrets()):
        return False
    asked = altcha.Payload.from_base64(solution).challenge.parameters
    if (asked.data or {}).get("for") not in _bound(purpose, who):
        return False
    return bool(cache.add(f"challenge:{asked.nonce}", 1, settings.CHALLENGE["seconds"]))


def _bound(purpose: str, who: str) -> list[str]:
    """Under each key in use, that of SECRET_KEY first; so is what signs."""
    whole = f"{purpose}:{who}"
    return [
        salted_hmac("accounts.challenges.for", whole, secret=key).hexdigest()
        for key in keys_in_use()
    ]


def _secrets() -> list[bytes]:
    return [
        salted_hmac("accounts.challenges", "signature", secret=key).digest()
        for key in keys_in_use()
    ]
