"""What devices answer about passkeys is bytes of anybody's making.

allauth reads them with fido2 and expects it to break off in two ways; crafted answers make it do so
in more, and would end in 500 on our pages, in the popup and in the app's calls. Those all read them
by four functions, which are guarded here: an answer that cannot be read is a wrong one.
"""

import struct
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.internal import auth
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

P = ParamSpec("P")
T = TypeVar("T")
READERS = (
    "parse_registration_response",
    "parse_authentication_response",
    "complete_registration",
    "complete_authentication",
)
UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
    InvalidSignature,
    UnsupportedAlgorithm,
    struct.error,
)


def guard_readers() -> None:
    """Have allauth's readers of passkeys refuse what they cannot read. Once, at start."""
    for name in READERS:
        setattr(auth, name, _refusing(getattr(auth, name)))


def _refusing(read: Callable[P, T]) -> Callable[P, T]:
    @wraps(read)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return read(*args, **kwargs)
        except UNREADABLE as fault:
            wrong: Any = get_adapter().validation_error("incorrect_code")
            raise wrong from fault

    return guarded
