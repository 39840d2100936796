"""Who is on a site's staff: invite, give another role, remove."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.services import inviting
from common.away import Unavailable
from common.errors import Refusal
from moderation.desk import pages, reads
from moderation.desk.forms import InvitationForm, MemberForm, WithdrawalForm
from moderation.desk.guard import on_a_site
from moderation.desk.pages import SeeOther, StaffRequest
from publishers import roles
from publishers.models import StaffMembership
from publishers.roles import Permission
from publishers.services import staffing


@on_a_site(Permission.APPOINT)
@require_http_methods(["GET", "HEAD", "POST"])
def staff(request: StaffRequest, own: StaffMembership) -> HttpResponse:
    """`/moderation/sites/{id}/staff`: who is there and who was invited; POST `action` changes it.

    What the asker's role may not give or take is shown without the controls, and refused by the
    services.
    """
    if request.method != "POST":
        return _show(request, own)
    actions: dict[str, Callable[[StaffRequest, StaffMembership], str | None]] = {
        "invite": _invite,
        "change": _change,
        "remove": _remove,
        "withdraw": _withdraw,
    }
    action = actions.get(request.POST.get("action", ""))
    try:
        said = action(request, own) if action else None
    except Refusal as refusal:
        return _show(request, own, refusal=refusal)
    if said is None:
        return _show(request, own, form=InvitationForm(own, request.POST), status=400)
    messages.success(request, said)
    return SeeOther(pages.of_site("staff", own.site_id))


def _invite(request: StaffRequest, own: StaffMembership) -> str | None:
    """The same whether the address has an account or not: nobody learns it here."""
    form = InvitationForm(own, request.POST)
    if not form.is_valid():
        return None
    try:
        inviting.invite(site=own.site, actor=request.user, **form.cleaned_data)
    except Unavailable:
        return _("The invitation is kept, but its mail could not be sent. Send it again later.")
    return _("An invitation is on its way to %(email)s.") % form.cleaned_data


def _change(request: StaffRequest, own: StaffMembership) -> str | None:
    form = MemberForm(request.POST)
    if not form.is_valid() or not form.cleaned_data["role"]:
        return None
    member = staffing.change_role(
        site=own.site,
        user_id=form.cleaned_data["user"],
        role=form.cleaned_data["role"],
        actor=request.user,
    )
    said = {"name": member.user.name, "role": member.get_role_display()}
    return _("%(name)s: %(role)s.") % said


def _remove(request: StaffRequest, own: StaffMembership) -> str | None:
    form = MemberForm(request.POST)
    if not form.is_valid():
        return None
    staffing.remove(site=own.site, user_id=form.cleaned_data["user"], actor=request.user)
    return _("Removed. The desk is closed to them from now on.")


def _withdraw(request: StaffRequest, own: StaffMembership) -> str | None:
    form = WithdrawalForm(request.POST)
    if not form.is_valid():
        return None
    staffing.withdraw(
        site=own.site, invitation_id=form.cleaned_data["invitation"], actor=request.user
    )
    return _("The invitation is taken back.")


def _show(
    request: StaffRequest,
    own: StaffMembership,
    *,
    form: InvitationForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    return pages.show(
        request,
        "staff.html",
        tab="staff",
        site=own.site,
        staff=reads.staff_of(own),
        invitations=reads.invitations_to(own),
        appointable=roles.appointable_by(own.role),
        form=form or InvitationForm(own),
        refusal=refusal,
        status=refusal.status if refusal else status,
    )
