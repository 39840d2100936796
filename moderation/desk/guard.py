"""Who may see which page of the desk: a role on the site, asked for anew by each request."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from accounts import staff
from common.errors import Refusal
from common.retrying import retried
from moderation.desk import pages
from moderation.desk.pages import StaffRequest
from publishers.models import StaffMembership
from publishers.roles import Permission

View = Callable[..., HttpResponse]


class RoleLacks(Refusal):
    code: ClassVar[str] = "role_lacks"
    status: ClassVar[int] = 403
    detail = _("Your role on this site does not include this. An owner of the site can change it.")


def at_the_desk(view: View) -> View:
    """A page of the desk: for staff with a second factor, and never stored.

    What it writes is one transaction, run anew where it met another's. What is refused is said on
    a page of its own, unless the view says it.
    """

    @wraps(view)
    def saying_refusals(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return retried(view)(request, *args, **kwargs)
        except Refusal as refusal:
            return pages.refused(request, refusal)

    return staff.staff_only(never_cache(saying_refusals))


def on_a_site(permission: Permission) -> Callable[[View], View]:
    """A page below `/moderation/sites/{id}/` for whose role on the site holds `permission`.

    The view gets the membership in place of the id. For who is not on its staff the site is as if
    absent (404); who is and may not, is told so (403).
    """

    def guard(view: View) -> View:
        @wraps(view)
        def found(request: StaffRequest, site_id: UUID, **kwargs: Any) -> HttpResponse:
            return view(request, demand(request, site_id, permission), **kwargs)

        guarded = at_the_desk(found)
        guarded.needs = permission  # type: ignore[attr-defined]  # a mark on a function
        return guarded

    return guard


def demand(request: StaffRequest, site_id: UUID, permission: Permission) -> StaffMembership:
    """The asker's membership on a site, if it may do this. Raises Http404, RoleLacks. No query."""
    membership = next((each for each in request.memberships if each.site_id == site_id), None)
    if membership is None:
        raise Http404
    if not membership.may(permission):
        raise RoleLacks
    return membership
