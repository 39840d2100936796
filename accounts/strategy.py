"""How allauth's app client stays signed in: by app tokens of ours, never by session keys.

allauth keeps a sign-in's state in a Django session. Its own strategy hands out the session's key,
which would work as a cookie too; ours hands out a random token whose row points at the session.
"""

from datetime import timedelta

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.base.response import ForbiddenResponse
from allauth.headless.internal.sessionkit import lookup_session
from allauth.headless.tokens.strategies.base import AbstractTokenStrategy
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from accounts.authentication import bearer
from accounts.services import tokens
from accounts.states import Standing
from common import clock

SIGNED_IN_LIFE = timedelta(days=90)
SIGNING_IN_LIFE = timedelta(hours=1)


class AppTokenStrategy(AbstractTokenStrategy):
    """The token in `X-Session-Token` (or `Authorization: Bearer`) of `/_allauth/app/…`; the same
    token opens `/api/v1`.
    """

    def get_session_token(self, request: HttpRequest) -> str | None:
        """The token sent along, if any. Browsers' pages (they send `Origin`) are refused outright.

        allauth asks this first on every call of the app client, so that no page of a publisher
        can get hold of, or use, a token that is of the whole account.
        """
        if "Origin" in request.headers and not getattr(request, "refused_origin", False):
            request.refused_origin = True  # type: ignore[attr-defined]  # the answer asks again
            raise ImmediateHttpResponse(ForbiddenResponse(request))
        return super().get_session_token(request) or bearer(request)

    def create_session_token(self, request: HttpRequest) -> str:
        """The token of the request's session: the one sent along where it is still the session's.

        Signing in gives the session a new key, and so its bearer a new token.
        """
        known = getattr(request, "app_token", None)
        if known is not None and known[0] == request.session.session_key:
            return known[1]
        user = request.user if request.user.is_authenticated else None
        request.session.set_expiry(SIGNED_IN_LIFE if user else SIGNING_IN_LIFE)
        request.session.save()
        key = str(request.session.session_key)
        text = self._sent_along(request, key)
        if text is None:
            expires_at = request.session.get_expiry_date()
            _, text = tokens.issue_app(session_key=key, user=user, expires_at=expires_at)
        request.app_token = (key, text)  # type: ignore[attr-defined]  # asked twice an answer
        return text

    def lookup_session(self, session_token: str) -> SessionBase | None:
        """The session behind a live app token. A reader token has none. Two queries, and a third
        at most once in ten minutes to note the use.
        """
        token = tokens.find_app(session_token)
        if token is None or token.standing(clock.now()) != Standing.LIVE:
            return None
        tokens.note_use(token)
        return lookup_session(token.session_id)

    def _sent_along(self, request: HttpRequest, session_key: str) -> str | None:
        text = self.get_session_token(request)
        token = tokens.find_app(text) if text else None
        return text if token is not None and token.session_id == session_key else None
