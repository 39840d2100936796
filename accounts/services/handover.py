"""The popup's hand-over: a one-time code for the widget that asked, swapped for a reader token.

The code travels by `postMessage` or in a URL's fragment, where others might look: it lives for a
minute, works once, and only with the verifier whose SHA-256 (PKCE S256, RFC 7636) the widget
showed when it opened the popup.
"""

import base64
import hashlib
import re
import secrets
from datetime import timedelta
from typing import ClassVar

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from accounts.models import SigninCode, Token, User
from accounts.services import tokens
from common import clock
from common.errors import Refusal
from publishers.models import Site

LIFE = timedelta(seconds=60)
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


class CodeRefused(Refusal):
    """The code opens nothing. One sentence for every cause; the `code` tells developers which."""

    detail = _("Signing in did not work. Please sign in again.")


class CodeUnknown(CodeRefused):
    code: ClassVar[str] = "code_unknown"


class CodeExpired(CodeRefused):
    code: ClassVar[str] = "code_expired"


class VerifierMismatch(CodeRefused):
    code: ClassVar[str] = "verifier_mismatch"


def hand_over(
    *, user: User, site: Site, origin: str, challenge: str, session_key: str | None = None
) -> str:
    """A code with which the widget on `origin` may sign `user` in to `site` within a minute.

    `session_key`: of the window's session; what comes of the code ends with it. Two queries.
    """
    text = secrets.token_urlsafe(32)
    SigninCode.objects.create(
        digest=tokens.digest(text),
        user=user,
        site=site,
        origin=origin,
        challenge=challenge,
        browser=UserSession.objects.filter(session_key=session_key).first(),
        expires_at=clock.now() + LIFE,
    )
    return text


def exchange(
    *, code: str, verifier: str, origin: str | None, user_agent: str = ""
) -> tuple[Token, str]:
    """A reader token and its text for `code`. `origin`, `user_agent`: the request's headers.

    Any attempt that names the code uses it up, also a wrong one; of two at once, one wins.
    Raises CodeUnknown, CodeExpired or VerifierMismatch. Three queries.
    """
    known = (
        SigninCode.objects.unused()
        .select_related("user", "site")
        .filter(digest=tokens.digest(code))
        .first()
    )
    if known is None:
        raise CodeUnknown
    refusal = _why_not(known, verifier=verifier, origin=origin)
    with transaction.atomic():  # should the database go away in between, the code is good still
        unused = SigninCode.objects.unused().filter(pk=known.pk)
        if not unused.update(used_at=clock.now()):
            raise CodeUnknown
        if refusal is None:
            return tokens.issue_reader(
                user=known.user,
                site=known.site,
                origin=known.origin,
                browser_id=known.browser_id,
                user_agent=user_agent,
            )
    raise refusal


def _why_not(known: SigninCode, *, verifier: str, origin: str | None) -> CodeRefused | None:
    if origin not in {None, known.origin} or not known.user.is_active:
        return CodeUnknown()
    if known.expires_at <= clock.now():
        return CodeExpired()
    if not constant_time_compare(challenge_of(verifier), known.challenge):
        return VerifierMismatch()
    return None


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier: base64url of its SHA-256, unpadded (RFC 7636 §4.2)."""
    hashed = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
