"""`/accounts/sessions/`: where an account is signed in, and the way to end it there."""

from allauth.account.internal.flows.logout import logout
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import selectors
from accounts.selectors import SignIn
from accounts.services import tokens


@login_required
@never_cache
def sign_ins(request: HttpRequest) -> HttpResponse:
    """Browsers, apps and websites. POST `end` names one to end there, or `others`."""
    found = selectors.sign_ins(request.user)
    if request.method == "POST":
        return _end(request, {each.key: each for each in found})
    context = {
        "here": request.session.session_key,
        "browsers": [each for each in found if each.session and not each.is_app],
        "apps": [each for each in found if each.is_app],
        "websites": [each for each in found if each.token],
    }
    return render(request, "signin/sign_ins.html", context)


sign_ins.permission = "signed in"  # type: ignore[attr-defined]  # a mark on a function


def _end(request: HttpRequest, found: dict[str, SignIn]) -> HttpResponse:
    wanted = request.POST.get("end", "")
    chosen = found.get(wanted)
    if wanted == "others":
        tokens.revoke_all(request.user, but=request.session.session_key)
        messages.success(request, _("You are signed out everywhere else."))
    elif chosen and chosen.session and chosen.session.is_current():
        logout(request)
        return redirect(settings.LOGIN_URL)
    elif chosen:
        if chosen.session:
            tokens.end_sessions([chosen.session])
        else:
            tokens.revoke(chosen.token)
        messages.success(request, _("You are signed out there."))
    return redirect(request.path)
