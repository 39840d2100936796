"""What a publisher's token says of a reader, read strictly. Pure rules, once it is proven.

Two shapes: ours (`sub`, `name`, `badges`, …) and Coral's, which has a `user` object. Roles, links
and pictures in them are passed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.states import Barrier

#: Seconds a token may live, and by how many two machines' clocks may differ.
LONGEST_LIFE = 300
LEEWAY = 30
LONGEST_SUBJECT = 150
LONGEST_ID = 150
#: How many labels and how much of a name are looked at. What is shown has tighter bounds.
MOST_LABELS = 20
LONGEST_TEXT = 200


class BadClaim(ValueError):
    """A claim that must be there is not, or is not what it must be; `claim` names it."""

    def __init__(self, claim: str) -> None:
        super().__init__(claim)
        self.claim = claim


@dataclass(frozen=True)
class Claims:
    """A reader as the publisher knows them, and which token said so."""

    token_id: str
    expires_at: float
    subject: str
    name: str
    #: Where mail may go, "" unless the publisher vouches for it. It says nothing of who this is.
    email: str
    badges: tuple[str, ...]
    #: Why they may not comment, "" where they may.
    barrier: str


def is_corals(payload: Mapping[str, Any]) -> bool:
    """Whether claims have Coral's shape: the reader in a `user` object, and no `sub`."""
    return isinstance(payload.get("user"), dict) and "sub" not in payload


def read(payload: Mapping[str, Any], *, now: float) -> Claims:
    """The claims of a token whose signature, times, issuer and audience were found right.

    Raises BadClaim. A name or badge of a wrong kind is left out: nobody is locked out by it. What
    decides (who, until when, whether they may comment) must be right.
    """
    corals = is_corals(payload)
    reader = payload["user"] if corals else payload
    expires_at = _moment(payload, "exp")
    lives_from = _moment(payload, "iat") if "iat" in payload else now + LEEWAY
    if expires_at - lives_from > LONGEST_LIFE:
        raise BadClaim("exp")
    verified = reader.get("email_verified", payload.get("email_verified"))
    return Claims(
        token_id=_id(payload, "jti", LONGEST_ID),
        expires_at=expires_at,
        subject=_id(reader, "id" if corals else "sub", LONGEST_SUBJECT),
        name=_text(reader.get("username" if corals else "name")),
        email=_text(reader.get("email")) if verified is True else "",
        badges=_labels(reader.get("badges")),
        barrier=_barrier(payload, reader),
    )


def _moment(payload: Mapping[str, Any], claim: str) -> float:
    value = payload.get(claim)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadClaim(claim)
    return value


def _id(payload: Mapping[str, Any], claim: str, longest: int) -> str:
    value = payload.get(claim)
    if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isprintable():
        raise BadClaim(claim)
    return value


def _text(value: object) -> str:
    return value[:LONGEST_TEXT] if isinstance(value, str) else ""


def _labels(value: object) -> tuple[str, ...]:
    return tuple(map(_text, value[:MOST_LABELS])) if isinstance(value, list) else ()


def _barrier(payload: Mapping[str, Any], reader: Mapping[str, Any]) -> str:
    may = reader.get("may_comment", payload.get("may_comment", True))
    if not isinstance(may, bool):
        raise BadClaim("may_comment")
    if may:
        return ""
    why = reader.get("may_comment_why", payload.get("may_comment_why"))
    return why if why in Barrier.values else Barrier.PUBLISHER.value
