"""Keys by which a publisher signs its own readers in: made, replaced, retired. A secret is shown
once.
"""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.services import sso as single_sign_on
from common.errors import Refusal
from moderation.desk import pages, reads
from moderation.desk.forms import SsoKeyForm
from moderation.desk.guard import on_a_site
from moderation.desk.pages import SeeOther, StaffRequest
from publishers.models import Site, SsoKey, StaffMembership
from publishers.roles import Permission
from publishers.services import sso_keys
from publishers.states import SsoAlgorithm


@on_a_site(Permission.KEEP_KEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def sso(request: StaffRequest, own: StaffMembership) -> HttpResponse:
    """`/moderation/sites/{id}/sso`: the site's keys; POST `action` makes or ends one.

    A new secret stands in the answer itself and nowhere else: it is kept in no session.
    """
    if request.method != "POST":
        return _show(request, own.site)
    actions: dict[str, Callable[[StaffRequest, Site], HttpResponse]] = {
        "make": _make,
        "rotate": _rotate,
        "retire": _retire,
    }
    action = actions.get(request.POST.get("action", ""))
    if action is None:
        return _show(request, own.site, status=400)
    try:
        return action(request, own.site)
    except Refusal as refusal:
        return _show(request, own.site, refusal=str(refusal), status=refusal.status)
    except ValidationError as fault:  # as many keys as a site can have
        return _show(request, own.site, refusal=fault.messages[0], status=409)


def _make(request: StaffRequest, site: Site) -> HttpResponse:
    form = SsoKeyForm(request.POST)
    if not form.is_valid():
        return _show(request, site, form=form, status=400)
    name, pem = form.cleaned_data["name"], form.cleaned_data["public_key"]
    if pem:
        sso_keys.add_public_key(site=site, name=name, pem=pem, actor=request.user)
        messages.success(request, _("The key is in force."))
        return SeeOther(pages.of_site("sso", site.pk))
    key, text = sso_keys.make_secret(site=site, name=name, actor=request.user)
    return _show(request, site, made=key, text=text)


def _rotate(request: StaffRequest, site: Site) -> HttpResponse:
    old = _key(request, site, algorithm=SsoAlgorithm.HS256)
    key, text = sso_keys.rotate(old.pk, actor=request.user)
    return _show(request, site, made=key, text=text)


def _retire(request: StaffRequest, site: Site) -> HttpResponse:
    key = _key(request, site)
    if "sign_ins" in request.POST:
        ended = single_sign_on.retire_with_sign_ins(key, actor=request.user)
        said = ngettext(
            "The key signs nobody in any more. %(count)d sign-in has ended.",
            "The key signs nobody in any more. %(count)d sign-ins have ended.",
            ended,
        ) % {"count": ended}
    else:
        sso_keys.retire(key, actor=request.user)
        said = _("The key signs nobody in any more.")
    messages.success(request, said)
    return SeeOther(pages.of_site("sso", site.pk))


def _key(request: StaffRequest, site: Site, **wanted: str) -> SsoKey:
    """The key that was chosen, of this site. Raises Http404."""
    kid = request.POST.get("key", "")[:12]
    found = site.sso_keys.filter(kid=kid, **wanted).first() if kid.isalnum() else None
    if found is None:
        raise Http404
    return found


def _show(
    request: StaffRequest,
    site: Site,
    *,
    form: SsoKeyForm | None = None,
    made: SsoKey | None = None,
    text: str = "",
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    return pages.show(
        request,
        "sso.html",
        tab="sso",
        site=site,
        keys=reads.sso_keys_of(site.pk),
        form=form or SsoKeyForm(),
        made=made,
        text=text,
        refusal=refusal,
        status=status,
    )
