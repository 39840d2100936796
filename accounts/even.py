"""What is done alike for addresses with and without an account, where allauth does less for one.

Nobody who asks can see the mailbox. But sending takes time, and fails while the mail server is
away: so whoever is sent a mail in the one case is sent another in the other, by resending too.
"""

import time
from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.email_verification_by_code import EmailVerificationProcess
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.headless.account.inputs import ResetPasswordInput, ResetPasswordKeyInput
from allauth.headless.account.views import ResetPasswordView
from allauth.headless.internal.restkit.response import ErrorResponse
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse

#: A code that nobody can type.
NEVER = "no code"


def _resend(process: Any) -> None:
    """As allauth's, which sends nothing where there is no account."""
    process.generate_code()
    process.send()
    process.record_resend()
    process.persist()


def install() -> None:
    """allauth has neither setting nor seam for this; `tests/abuse` notices if it ever grows one."""
    LoginCodeVerificationProcess.resend = _resend
    EmailVerificationProcess.resend = _resend


class NewPasswordInput(ResetPasswordInput):
    """Says nothing of the password while the code is wrong: allauth looks at it only where there
    is an account.
    """

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if "key" in self.errors:
            self.errors.pop("password", None)
        return cleaned


class NewPassword(ResetPasswordView):
    """`auth/password/reset`. Looking at a code (GET) uses up a try where there is no account too;
    allauth would break off there.
    """

    input_class = NewPasswordInput

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.process is None or self.process.user:
            return super().get(request, *args, **kwargs)
        typed = {"key": request.headers.get("X-Password-Reset-Key", "")}
        looked = ResetPasswordKeyInput(typed, code=NEVER)
        looked.is_valid()
        self.process.record_invalid_attempt()
        return ErrorResponse(request, input=looked)


def hash_in_vain(password: str) -> None:
    """Take as long as storing this password would."""
    make_password(password)


class Evenly:
    """Answers to which `accounts.guard` has said so (`request.asked.is_even`) wait until a whole
    number of beats has passed since the request came: what was done in less, be it more for a known
    address, takes the same. Outside sessions, whose saving is a part of it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.monotonic()
        answer = self.get_response(request)
        asked = getattr(request, "asked", None)
        if asked and asked.is_even and settings.EVEN_SECONDS:
            time.sleep(-(time.monotonic() - begun) % settings.EVEN_SECONDS)
        return answer
