"""Fresh authentication: what is sensitive wants a proof of who it is, minutes old at most.

Sensitive are the ways into an account (address, password, second factor, passkeys). For allauth's
pages and app client the adapter asks here; our own pages stand behind `fresh_only`.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.account.internal.flows.login import (
    get_authentication_records,
    record_authentication,
)
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

View = Callable[..., HttpResponse]
PENDING = "fresh_code"


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session's person proved who they are in the last minutes, by signing in or
    anew. No query.
    """
    records = get_authentication_records(request, request.user)
    oldest = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    return bool(records) and records[-1]["at"] > oldest


def require(request: HttpRequest) -> None:
    """Raises ReauthenticationRequired unless `is_fresh`: our middleware and allauth's client make
    it an answer that says what to do.
    """
    if not is_fresh(request):
        raise ReauthenticationRequired


def fresh_only(view: View) -> View:
    """Send who is signed in to prove who they are first, and then on to this page.

    What was posted is not kept over that (it may be a password): the page is shown anew.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        methods = get_adapter().get_reauthentication_methods(request.user)
        if not methods or is_fresh(request):
            return view(request, *args, **kwargs)
        query = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{methods[0]['url']}?{query}")

    return guarded


class FreshCode(AbstractCodeVerificationProcess):
    """A code mailed to the account's own address, waited for in this session."""

    def __init__(self, request: HttpRequest, state: dict[str, Any]) -> None:
        super().__init__(
            max_attempts=app_settings.LOGIN_BY_CODE_MAX_ATTEMPTS,
            timeout=app_settings.LOGIN_BY_CODE_TIMEOUT,
            state=state,
            user=request.user,
        )
        self.request = request

    @classmethod
    def begin(cls, request: HttpRequest) -> "FreshCode":
        """Mail a code, in place of any before. Raises MailAway."""
        process = cls(request, cls.initial_state(user=request.user, email=request.user.email))
        process.send()
        process.persist()
        return process

    @classmethod
    def pending(cls, request: HttpRequest) -> "FreshCode | None":
        """The code this session waits for; None where there is none or its time is over."""
        state = request.session.get(PENDING)
        return cls(request, state).abort_if_invalid() if state else None

    def send(self) -> None:
        self.state["code"] = get_adapter().generate_login_code()
        context = {"request": self.request, "code": self.code}
        get_adapter().send_mail("account/email/email_confirmation", self.state["email"], context)

    def persist(self) -> None:
        self.request.session[PENDING] = self.state

    def abort(self) -> None:
        self.request.session.pop(PENDING, None)

    def finish(self) -> None:
        """The code was right: note the proof."""
        self.abort()
        record_authentication(
            self.request, self.request.user, "code", email=self.state["email"], reauthenticated=True
        )
