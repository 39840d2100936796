"""The staff door: one guard for every page of the desk and the admin.

Staff act by the session cookie of our own pages and nothing else: these are plain Django views,
which know no tokens. A second factor is needed, set up and used in this very session: an
authenticator app, or a passkey, which wants a finger, a face or a PIN each time.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from common import clock, limits
from publishers.models import StaffMembership

#: How exactly the staff page knows when somebody was last there.
SEEN_NOTED_EVERY = timedelta(minutes=10)
View = Callable[..., HttpResponse]
#: What counts as a second factor.
SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def staff_only(view: View) -> View:
    """Let in members of some site's staff, with their roles as `request.memberships`.

    They are read anew for each request: a role that is lost is lost at once. Who is not signed in
    goes to the sign-in page, staff without a second factor to where it is set up or asked for; for
    everybody else there is nothing here (404). Raises TooManyRequests.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        turned = turned_away(request, is_staff=lambda user: bool(_memberships(request, user)))
        if turned:
            return turned
        _note_visit(request)
        return view(request, *args, **kwargs)

    guarded.permission = "staff"  # type: ignore[attr-defined]  # a mark on a function
    return guarded


def turned_away(request: HttpRequest, *, is_staff: Callable[[Any], bool]) -> HttpResponse | None:
    """Where to send who may not come in, or None for who may. Two queries.

    Raises Http404, and TooManyRequests where somebody writes more than a person can.
    """
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
    if request.method == "POST":
        limits.check(request, "staff")
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
    return StaffMembership.objects.of(user).exists()


def is_operator(user: Any) -> bool:
    """Whether somebody may enter the admin. No query."""
    return user.is_active and (user.is_staff or user.is_superuser)


def _go(page: str, request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse(page)}?{urlencode({'next': request.get_full_path()})}")


def _memberships(request: Any, user: Any) -> list[StaffMembership]:
    of_theirs = StaffMembership.objects.of(user).select_related("site")
    request.memberships = list(of_theirs.order_by("site__name", "site_id"))
    return request.memberships


def _note_visit(request: Any) -> None:
    """Note that somebody is there, at most once in ten minutes for each of their sites."""
    now = clock.now()
    unnoted = [
        each.pk
        for each in request.memberships
        if each.last_seen_at is None or each.last_seen_at < now - SEEN_NOTED_EVERY
    ]
    if unnoted:
        StaffMembership.objects.filter(pk__in=unnoted).update(last_seen_at=now)
