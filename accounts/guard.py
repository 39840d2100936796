"""In front of all with which accounts are opened, entered and changed: how often, and who has to
work first.

A middleware, so that no page or call of allauth's, whichever is added, is without it. It looks at
what is sent to `/accounts/`, `/_allauth/` and the popup, after CSRF and before the view. What it
asks for is the same for addresses with and without an account.
"""

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import risk
from accounts.popup import language_of
from accounts.services import challenges, pressure
from common import buckets, limits
from common.cache import CacheAway
from common.callers import address_block, client_address

GUARDED = ("/accounts/", "/_allauth/", "/signin/")
HEADLESS = ("/_allauth/app/v1/", "/_allauth/browser/v1/")
POPUP = "/signin/widget"
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
#: Where a solved challenge is looked for: a header of calls, a field of forms.
HEADER = "X-Challenge-Solution"
FIELD = "challenge_solution"


class Purpose(StrEnum):
    """What a challenge may stand before. Its solution is good for this alone."""

    SIGN_IN = "sign_in"
    SIGN_UP = "sign_up"
    CODE = "code"  # to be signed in, or up, by mail
    RESET = "reset"


MAILED = {Purpose.SIGN_UP, Purpose.CODE, Purpose.RESET}
PAGES = {
    "/accounts/login/": Purpose.SIGN_IN,
    "/accounts/signup/": Purpose.SIGN_UP,
    "/accounts/signup/passkey/": Purpose.SIGN_UP,
    "/accounts/login/code/": Purpose.CODE,
    "/accounts/password/reset/": Purpose.RESET,
}
CALLS = {
    "auth/login": Purpose.SIGN_IN,
    "auth/signup": Purpose.SIGN_UP,
    "auth/webauthn/signup": Purpose.SIGN_UP,
    "auth/code/request": Purpose.CODE,
    "auth/password/request": Purpose.RESET,
}
STEPS = {"address": Purpose.CODE, "password": Purpose.SIGN_IN}


@dataclass(frozen=True)
class Asked:
    """What is asked for (None: nothing that a challenge may stand before), and by whom."""

    purpose: Purpose | None
    block: str
    email: str
    #: Whether the answer must not tell by its time whether there is an account. A password is
    #: hashed for every address, which takes longer than all else.
    is_even: bool

    @property
    def who(self) -> str:
        """Address block and mailbox, as one."""
        return pressure.pair(self.block, self.email)

    @property
    def mailing(self) -> list[buckets.Bucket]:
        """The limits of mail to this mailbox that is asked for from this address block."""
        is_mailed = self.purpose in MAILED and self.email
        return limits.of("mailing", "address", self.who) if is_mailed else []


class Guard:
    """429 for who asks too often, 403 `challenge_required` where some work has to be done first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if asked := getattr(request, "asked", None):
            _note(asked, answer)
        return answer

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        if request.method in SAFE or not request.path.startswith(GUARDED):
            return None
        if request.path != POPUP:
            return _turned_away(request)
        with translation.override(language_of(request)):
            answer = _turned_away(request)
        if answer is not None:  # the page that opened this window must stay within reach
            answer["Cross-Origin-Opener-Policy"] = "unsafe-none"
        return answer


def _turned_away(request: HttpRequest) -> HttpResponse | None:
    asked = _read(request)
    try:
        _check_pace(request, asked)
    except limits.TooManyRequests as refusal:
        return _slow_down(request, refusal)
    request.asked = asked  # type: ignore[attr-defined]  # for the way out
    if asked.purpose is None or settings.CHALLENGES == "never":
        return None
    try:
        return _work_to_do(request, asked)
    except CacheAway:
        if request.path == POPUP:  # which cannot count tries either, and says so in place
            return None
        raise


def _read(request: HttpRequest) -> Asked:
    purpose = purpose_of(request)
    email = _address_typed(request) if purpose else ""
    is_even = purpose is not Purpose.SIGN_IN and not request.user.is_authenticated
    return Asked(purpose, address_block(client_address(request)), email, is_even)


def purpose_of(request: HttpRequest) -> Purpose | None:
    """What a request is for, if it is something that a challenge may stand before."""
    if request.path.startswith(HEADLESS):
        return CALLS.get(request.path.split("/", 4)[4])
    if request.path == POPUP:
        return STEPS.get(request.POST.get("action", ""))
    return PAGES.get(request.path)


def _check_pace(request: HttpRequest, asked: Asked) -> None:
    if not settings.RATE_LIMITS_ON:
        return
    found = limits.of("account_pages", "address", asked.block)
    if request.user.is_authenticated:
        found += limits.of("account_pages", "account", request.user.pk)
    if spill := buckets.take(found + asked.mailing):
        limits.refuse(spill)


def _work_to_do(request: HttpRequest, asked: Asked) -> HttpResponse | None:
    purpose, who = str(asked.purpose), asked.who
    signs = pressure.signs(block=asked.block, email=asked.email)
    if settings.CHALLENGES == "always" or risk.is_high(signs):
        sent = request.headers.get(HEADER) or request.POST.get(FIELD, "")
        if not challenges.is_solved(sent, purpose=purpose, who=who):
            return _ask_for_work(request, challenges.make(purpose=purpose, who=who))
    return None


def _note(asked: Asked, answer: HttpResponse) -> None:
    """Count what was asked for, but for what could not be done: nobody who asked is to blame."""
    if answer.status_code >= 500 or getattr(answer, "is_turned_away", False):
        buckets.give_back(asked.mailing)
    elif asked.purpose:
        with contextlib.suppress(CacheAway):
            is_mailed = asked.purpose in MAILED
            pressure.note_ask(block=asked.block, email=asked.email, is_mailed=is_mailed)


def _address_typed(request: HttpRequest) -> str:
    """The mail address that a request speaks of, or "". Not yet known to be one."""
    typed: Any = request.POST
    if request.path.startswith(HEADLESS):
        try:
            typed = json.loads(request.body or b"{}")
        except ValueError:
            return ""
    if not hasattr(typed, "get"):
        return ""
    found = typed.get("email") or typed.get("login")
    return found.replace("\x00", "").strip().lower()[:254] if isinstance(found, str) else ""


def _ask_for_work(request: HttpRequest, challenge: dict[str, Any]) -> HttpResponse:
    """The challenge, as JSON or on a page that solves it and sends what was typed again. Not
    counted in any way: the same is asked for a second time.
    """
    sentence = _("Please prove first that you are no machine: solve the challenge and ask again.")
    if request.path.startswith(HEADLESS):
        body = {
            "status": 403,
            "errors": [{"code": "challenge_required", "message": sentence}],
            "data": {"challenge": challenge},
        }
        return _unkept(JsonResponse(body, status=403))
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in {FIELD, "csrfmiddlewaretoken"}
    ]
    context: dict[str, Any] = {"challenge": json.dumps(challenge), "kept": kept, "field": FIELD}
    return _unkept(render(request, "signin/challenge.html", context, status=403))


def _slow_down(request: HttpRequest, refusal: limits.TooManyRequests) -> HttpResponse:
    answer: HttpResponse
    if request.path.startswith(HEADLESS):
        fault = {"code": refusal.code, "message": str(refusal.detail)}
        answer = JsonResponse({"status": refusal.status, "errors": [fault]}, status=refusal.status)
    else:
        answer = render(request, "429.html", {"sentence": refusal.detail}, status=refusal.status)
    answer["Retry-After"] = str(refusal.retry_after)
    return _unkept(answer)


def _unkept(answer: HttpResponse) -> HttpResponse:
    """Neither stored by anybody nor counted."""
    answer.is_turned_away = True  # type: ignore[attr-defined]  # for the way out
    answer["Cache-Control"] = "no-store"
    return answer
