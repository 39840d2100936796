"""The staff door: one guard for every page of the desk and the admin.

Staff act by the session cookie of our own pages and nothing else: these are plain Django views,
which know no tokens. A second factor is needed, set up and used in this very session: an
authenticator app, or a passkey, which wants a finger, a face or a PIN each time.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from publishers.models import StaffMembership

View = Callable[..., HttpResponse]
SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def staff_only(view: View) -> View:
    """Let in members of some site's staff; which sites they may see is `moderated_by`'s to say.

    Who is not signed in goes to the sign-in page, staff without a second factor to where it is
    set up or asked for; for everybody else there is nothing here (404).
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return turned_away(request, is_staff=is_member) or view(request, *args, **kwargs)

    guarded.permission = "staff"  # type: ignore[attr-defined]  # a mark on a function
    return guarded


def turned_away(request: HttpRequest, *, is_staff: Callable[[Any], bool]) -> HttpResponse | None:
    """Where to send who may not come in, or None for who may. Raises Http404. Two queries."""
    if not request.user.is_authenticated:
        return _go("account_login", request)
    if not is_staff(request.user):
        raise Http404
    if not is_mfa_enabled(request.user, SECOND_FACTORS):
        return _go("mfa_activate_totp", request)
    if not used_second_factor(request):
        by_code = is_mfa_enabled(request.user, [Authenticator.Type.TOTP])
        page = "mfa_reauthenticate" if by_code else "mfa_reauthenticate_webauthn"
        return _go(page, request)
    return None


def asked_for_second_factor(user: Any) -> bool:
    """Whether whoever signs in to this account has to show a second factor.

    An authenticator app is set up for that. A passkey is a way in of its own, and locks no other
    way: only staff, who need a second factor, may have it as theirs. Three queries at most.
    """
    if is_mfa_enabled(user, [Authenticator.Type.TOTP]):
        return True
    is_staff = is_operator(user) or is_member(user)
    return is_staff and is_mfa_enabled(user, [Authenticator.Type.WEBAUTHN])


def used_second_factor(request: HttpRequest) -> bool:
    """Whether a second factor was given in this session. No query."""
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "mfa" for record in records)


def is_member(user: Any) -> bool:
    """Whether somebody is on any site's staff. One query."""
    return StaffMembership.objects.filter(user=user, user__is_active=True).exists()


def is_operator(user: Any) -> bool:
    """Whether somebody may enter the admin. No query."""
    return user.is_active and (user.is_staff or user.is_superuser)


def _go(page: str, request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse(page)}?{urlencode({'next': request.get_full_path()})}")
