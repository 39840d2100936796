"""Our own account page: who is signed in here, and where to from here."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import staff
from common.permissions import public


@login_required
def account_home(request: HttpRequest) -> HttpResponse:
    """`/accounts/`: where signing in ends when nothing else was asked for."""
    context = {
        "is_member": staff.is_member(request.user),
        "is_operator": staff.is_operator(request.user),
    }
    return render(request, "signin/home.html", context)


account_home.permission = "signed in"  # type: ignore[attr-defined]  # a mark on a function


@public
def no_phones(request: HttpRequest) -> HttpResponse:
    """allauth has calls for telephone numbers, and stumbles over who asks without signing in."""
    raise Http404
