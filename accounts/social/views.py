"""Off to a provider, and back: allauth's steps, with pages and an end of our own.

Our pages let forms go to our own origin only, and browsers hold every redirect that follows a form
against that. So a form is answered by a page, and the page leads on (docs/adr/0019).
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.utils import get_next_redirect_url
from allauth.core import ratelimit
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.providers.apple.views import apple_post_callback
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.base.provider import Provider
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.utils import get_request_param
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from requests import RequestException

from accounts import invitations
from accounts.social.faults import TooManyTries
from accounts.social.providers import NOT_AS_AGREED
from common.errors import Refusal
from common.permissions import public
from publishers.models import Site

NAMED_PROVIDERS = ("apple", "google", "kakao", "line", "naver")
LOG = logging.getLogger(__name__)
#: In the session: that a sign-in begun in the popup is back, whose address this is, and its fault.
BACK_IN_POPUP = "signin_back_in_popup"

View = Callable[..., HttpResponse]


def _of_a_window(view: View) -> View:
    """For pages that the popup passes through: they leave its opener within reach."""

    @wraps(view)
    def shown(request: HttpRequest, provider: str, **kwargs: Any) -> HttpResponse:
        offered = get_adapter().get_provider(request, provider)  # else 404
        answer = view(request, offered, **kwargs)
        answer["Cross-Origin-Opener-Policy"] = "unsafe-none"
        answer["Cache-Control"] = "no-store"
        answer["Referrer-Policy"] = "same-origin"
        return answer

    return public(shown)


@_of_a_window
def leave(request: HttpRequest, provider: Provider) -> HttpResponse:
    """`…/login/`: GET asks, POST goes. `process=connect` adds the account to who is signed in."""
    next_url = get_next_redirect_url(request)  # None where it leads to other hosts
    is_connecting = get_request_param(request, "process") == AuthProcess.CONNECT
    if request.method != "POST":
        context = {"provider": provider, "next": next_url, "is_connecting": is_connecting}
        return render(request, "signin/leave.html", context)
    if is_connecting:
        if not request.user.is_authenticated:
            return redirect_to_login(reverse("socialaccount_connections"))
        raise_if_reauthentication_required(request, app="allauth.socialaccount")
    if not ratelimit.consume(request, action="login"):
        return _said(request, provider, TooManyTries(), next_url)
    process = AuthProcess.CONNECT if is_connecting else AuthProcess.LOGIN
    try:
        onward = provider.redirect(request, process, next_url=next_url)
    except Refusal as fault:
        return _said(request, provider, fault, next_url)
    return render(request, "signin/onward.html", {"provider": provider, "onward": onward.url})


@_of_a_window
def come_back(request: HttpRequest, provider: Provider) -> HttpResponse:
    """`…/login/callback/`: what the provider answered, checked by allauth and by us."""
    state = _state(request, provider)
    next_url = state.get("next")
    if site := _site_of_popup(next_url):
        request.signin_site = site  # type: ignore[attr-defined]  # mails name it
    try:
        answer = OAuth2CallbackView.adapter_view(provider.get_oauth2_adapter(request))(request)
    except (RequestException, *NOT_AS_AGREED) as fault:
        LOG.warning("%s did not answer as agreed.", provider.sub_id, exc_info=fault)
        told = {"state": state}
        answer = render_authentication_error(request, provider, exception=fault, extra_context=told)
    except Refusal as fault:  # a mail that did not go out
        return _said(request, provider, fault, next_url)
    if state.get("headless"):
        return answer
    if fault_found := getattr(request, "signin_fault", None):
        return _said(request, provider, fault_found(), next_url)
    return _back_to_popup(request, str(next_url)) if _is_popup(next_url) else answer


@csrf_exempt
@_of_a_window
def apple_posts(request: HttpRequest, provider: Provider) -> HttpResponse:
    """Apple's answer comes as a form from its own page, without our cookies; allauth keeps it for
    the moment that it takes to come back with them.
    """
    if request.method == "POST" and not ratelimit.consume(request, action="login"):
        return _said(request, provider, TooManyTries(), None)
    return apple_post_callback(request)


def _state(request: HttpRequest, provider: Provider) -> dict[str, Any]:
    """What this browser set out with, if it did: allauth is about to take it away."""
    known = statekit.get_states(request).get(get_request_param(request, "state") or "")
    is_of_provider = known is not None and len(known) == 3 and known[2] == provider.sub_id
    return known[0] if known and is_of_provider else {}


def _is_popup(address: str | None) -> bool:
    return address is not None and address.startswith(f"{reverse('signin-widget')}?")


def _site_of_popup(address: str | None) -> Site | None:
    """The site that the popup at this address was opened for."""
    try:
        asked = QueryDict(urlsplit(address).query) if _is_popup(address) else None
        return invitations.read(asked).site if asked else None
    except invitations.BadInvitation:
        return None  # the popup will say so


def _back_to_popup(
    request: HttpRequest, address: str, fault: Refusal | None = None
) -> HttpResponse:
    """The popup says and does the rest: it knows whom the sign-in was for."""
    code = fault.code if fault else ""
    request.session[BACK_IN_POPUP] = {"address": address, "fault": code}
    return HttpResponseRedirect(address)


def _said(
    request: HttpRequest, provider: Provider, fault: Refusal, next_url: str | None
) -> HttpResponse:
    """A sentence, and a way back to where the sign-in was begun."""
    if next_url is not None and _is_popup(next_url):
        return _back_to_popup(request, next_url, fault)
    context = {"provider": provider, "fault": fault, "way_back": _way_back(request)}
    answer = render(request, "signin/provider_fault.html", context, status=fault.status)
    if fault.retry_after is not None:
        answer["Retry-After"] = str(fault.retry_after)
    return answer


def _way_back(request: HttpRequest) -> str:
    signed_in = request.user.is_authenticated
    return reverse("socialaccount_connections" if signed_in else "account_login")
