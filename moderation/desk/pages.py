"""What all pages of the desk share: the tabs above them, and how they are shown."""

from typing import Any, NamedTuple
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import staff
from accounts.models import User
from common.errors import Refusal
from publishers.models import Site, StaffMembership
from publishers.roles import Permission


class StaffRequest(HttpRequest):
    """A request that `staff_only` let in."""

    user: User
    memberships: list[StaffMembership]


class SeeOther(HttpResponseRedirectBase):
    """Done; now look there. Reloading that page repeats nothing."""

    status_code = 303


class Tab(NamedTuple):
    """A kind of page: whom it is for, and where one site's stands."""

    name: str
    label: str | Promise
    permission: Permission


CASES = Tab("desk", _("Cases"), Permission.REVIEW)
OF_A_SITE = [
    Tab("articles", _("Articles"), Permission.EDIT_ARTICLES),
    Tab("words", _("Words"), Permission.SET_WORDS),
    Tab("staff", _("Staff"), Permission.APPOINT),
    Tab("keys", _("API keys"), Permission.KEEP_KEYS),
    Tab("sso", _("Single sign-on"), Permission.KEEP_KEYS),
    Tab("log", _("Log"), Permission.READ_LOG),
    Tab("figures", _("Figures"), Permission.READ_FIGURES),
    Tab("settings", _("Settings"), Permission.SET_UP),
]


class Link(NamedTuple):
    """A way to a page; `here`: this is it."""

    label: str | Promise
    url: str
    here: bool


def show(
    request: StaffRequest,
    template: str,
    *,
    tab: str = "",
    site: Site | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """A page of the desk below its tabs: those the asker's roles open, no others. No query."""
    shown = {
        "tabs": _tabs(request, tab, site),
        "places": _places(request, tab, site),
        "site": site,
        "is_operator": staff.is_operator(request.user),
        **context,
    }
    return render(request, f"moderation/{template}", shown, status=status)


def refused(request: StaffRequest, refusal: Refusal) -> HttpResponse:
    """A page that says what was refused."""
    answer = show(request, "refused.html", refusal=refusal, status=refusal.status)
    if refusal.retry_after is not None:
        answer["Retry-After"] = str(refusal.retry_after)
    return answer


def first_open_to(request: StaffRequest) -> str | None:
    """Where the asker's roles lead who may read no case; None where they lead nowhere."""
    tabs = _tabs(request, "", None)
    return tabs[0].url if tabs else None


def of_site(name: str, site_id: UUID) -> str:
    """The address of a site's page."""
    return reverse(f"moderation:{name}", args=[site_id])


def _tabs(request: StaffRequest, here: str, site: Site | None) -> list[Link]:
    found = []
    if any(each.may(CASES.permission) for each in request.memberships):
        found.append(Link(CASES.label, reverse("moderation:desk"), here == CASES.name))
    for tab in OF_A_SITE:
        open_to = [each.site_id for each in request.memberships if each.may(tab.permission)]
        if open_to:
            site_id = site.pk if site and site.pk in open_to else open_to[0]
            found.append(Link(tab.label, of_site(tab.name, site_id), here == tab.name))
    return found


def _places(request: StaffRequest, here: str, site: Site | None) -> list[Link]:
    """The same page of each site that has it for the asker."""
    tab = next((each for each in OF_A_SITE if each.name == here), None)
    if tab is None or site is None:
        return []
    return [
        Link(each.site.name, of_site(tab.name, each.site_id), each.site_id == site.pk)
        for each in request.memberships
        if each.may(tab.permission)
    ]
