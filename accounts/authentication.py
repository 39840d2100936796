"""Who calls the API: a token's bearer, or somebody on a first-party page.

A publisher's key is no person: a bearer with a key's prefix passes by here unseen.
"""

from typing import NoReturn

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, CSRFCheck, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts.models import Token, User
from accounts.services import tokens
from accounts.states import Standing
from common import clock
from publishers.services import keys

SENTENCES = {
    "token_unknown": _("This sign-in is not known. Please sign in again."),
    "wrong_origin": _("This sign-in belongs to another website. Please sign in here."),
    Standing.REVOKED: _("This sign-in has ended. Please sign in again."),
    Standing.EXPIRED: _("This sign-in has expired. Please sign in again."),
    Standing.STALE: _("Your password has changed. Please sign in again."),
    Standing.INACTIVE: _("This account is closed."),
}


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>` or `X-Session-Token: <token>`. `request.auth`: the Token.

    One query, and a second at most once in ten minutes to note the use.
    """

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        text = bearer(request) or request.headers.get("X-Session-Token")
        if not text or text.startswith(keys.PREFIX):
            return None
        token = self.sound(text)
        if token.user is None:
            _refuse("token_unknown")
        if not token.may_come_from(request.headers.get("Origin")):
            _refuse("wrong_origin")
        return token.user, token

    def sound(self, text: str) -> Token:
        """The token with this text, if it opens the door now. Raises AuthenticationFailed."""
        token = tokens.find(text)
        if token is None:
            _refuse("token_unknown")
        standing = token.standing(clock.now())
        if standing != Standing.LIVE:
            _refuse(standing)
        tokens.note_use(token)
        return token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class RememberedToken(TokenAuthentication):
    """The same from this process's memory for some seconds, for what many readers do at once.

    No query while it is remembered. `request.user` may be as old: take its id, change nothing.
    """

    def sound(self, text: str) -> Token:
        token = tokens.recall(text)
        if token is None:
            token = super().sound(text)
            tokens.remember(token)
        return token


class FirstPartySession(SessionAuthentication):
    """The session cookie of our own pages, with CSRF. `request.auth`: None. Staff act by this."""

    def enforce_csrf(self, request: HttpRequest) -> None:
        check = CSRFCheck(_answer)
        check.process_request(request)
        if check.process_view(request, _answer, (), {}):  # the reason it refuses, or None
            raise PermissionDenied(
                _("This page is out of date. Reload it and try again."), code="csrf_failed"
            )


def _answer(request: HttpRequest) -> HttpResponse:
    """What the check believes to guard."""
    return HttpResponse()


def bearer(request: Request | HttpRequest) -> str | None:
    """What `Authorization: Bearer …` carries, or None."""
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() or None if scheme.lower() == "bearer" else None


def _refuse(code: str) -> NoReturn:
    raise AuthenticationFailed(SENTENCES[code], code=code)
