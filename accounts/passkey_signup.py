"""Signing up by a passkey, through allauth's calls for apps and browsers."""

from typing import Any

from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.headless.mfa.views import SignupWebAuthnView


class SignUpByPasskey(SignupWebAuthnView):
    """allauth's, but who has no sign-up under way is told so (409) before a key is looked at: the
    form that reads it wants to know whose it is, and broke off (500) where it is nobody's.
    """

    def handle_input(self, data: Any) -> ErrorResponse | None:
        under_way = self.request.method != "PUT" or self._require_stage() is None
        return super().handle_input(data) if under_way else None
