"""API keys of a publisher's servers: made, replaced, revoked. A key's text is shown once."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common import clock
from common.errors import Refusal
from moderation.desk import pages
from moderation.desk.forms import OVERLAPS, KeyForm, KeyRotationForm
from moderation.desk.guard import on_a_site
from moderation.desk.pages import SeeOther, StaffRequest
from publishers.models import ApiKey, Site, StaffMembership
from publishers.roles import Permission
from publishers.services import keys as api_keys


@on_a_site(Permission.KEEP_KEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: StaffRequest, own: StaffMembership) -> HttpResponse:
    """`/moderation/sites/{id}/keys`: the site's keys; POST `action` makes or ends one.

    A new key's text stands in the answer itself and nowhere else: it is kept in no session.
    """
    if request.method != "POST":
        return _show(request, own.site)
    actions: dict[str, Callable[[StaffRequest, Site], HttpResponse]] = {
        "make": _make,
        "rotate": _rotate,
        "revoke": _revoke,
    }
    action = actions.get(request.POST.get("action", ""))
    if action is None:
        return _show(request, own.site, status=400)
    try:
        return action(request, own.site)
    except Refusal as refusal:
        return _show(request, own.site, refusal=refusal, status=refusal.status)


def _make(request: StaffRequest, site: Site) -> HttpResponse:
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _show(request, site, form=form, status=400)
    key, text = api_keys.issue(site=site, actor=request.user, **form.cleaned_data)
    return _show(request, site, made=key, text=text)


def _rotate(request: StaffRequest, site: Site) -> HttpResponse:
    form = KeyRotationForm(request.POST)
    if not form.is_valid():
        return _show(request, site, status=400)
    old = _key(request, site)
    key, text = api_keys.rotate(old.pk, overlap=form.cleaned_data["overlap"], actor=request.user)
    return _show(request, site, made=key, text=text)


def _revoke(request: StaffRequest, site: Site) -> HttpResponse:
    api_keys.revoke(_key(request, site), actor=request.user)
    messages.success(request, _("The key opens nothing any more."))
    return SeeOther(pages.of_site("keys", site.pk))


def _key(request: StaffRequest, site: Site) -> ApiKey:
    """The key that was chosen, of this site. Raises Http404."""
    wanted = request.POST.get("key", "")
    found = site.api_keys.filter(pk=wanted[:18]).first() if wanted.isdecimal() else None
    if found is None:
        raise Http404
    return found


def _show(
    request: StaffRequest,
    site: Site,
    *,
    form: KeyForm | None = None,
    made: ApiKey | None = None,
    text: str = "",
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    now = clock.now()
    return pages.show(
        request,
        "keys.html",
        tab="keys",
        site=site,
        keys=[(key, key.is_live_at(now)) for key in site.api_keys.order_by("-created_at")],
        form=form or KeyForm(),
        overlaps=OVERLAPS,
        made=made,
        text=text,
        refusal=refusal,
        status=status,
    )
