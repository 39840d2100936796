"""Invitations to a site's staff: sent by mail, taken up by whoever has proven the address."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core import context as current
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import buckets, limits
from common.errors import Refusal
from publishers.models import Site, StaffInvitation, StaffMembership
from publishers.services import staffing
from publishers.states import Role


class InvitationOver(Refusal):
    code: ClassVar[str] = "invitation_over"
    status: ClassVar[int] = 404
    detail = _("This invitation is not good any more. Ask for a new one.")


class OtherAddress(Refusal):
    code: ClassVar[str] = "other_address"
    status: ClassVar[int] = 403
    detail = _("This invitation is for another address. Sign in with the one it was sent to.")


def invite(*, site: Site, email: str, role: Role, actor: User | None) -> StaffInvitation:
    """Offer a role by mail; an address invited before gets a new mail, and its old link ends.

    The mail is the same whether the address has an account or not. Raises what `staffing.invite`
    does, TooManyRequests, and MailAway: the invitation stands then, and can be sent again.
    """
    if actor is not None and settings.RATE_LIMITS_ON:
        for_whom = {"account": actor.pk, "site": site.pk}
        found = [each for per, who in for_whom.items() for each in limits.of("inviting", per, who)]
        if spill := buckets.take(found):
            limits.refuse(spill)
    invitation, text = staffing.invite(site=site, email=email, role=role, actor=actor)
    _mail(invitation, text)
    return invitation


def accept(text: str, *, user: User) -> StaffMembership:
    """Take up the invitation that a mail brought. The address must be a proven one of `user`'s.

    Raises InvitationOver, OtherAddress, AlreadyOnStaff.
    """
    invitation = staffing.invitation_by(text)
    if invitation is None:
        raise InvitationOver
    if not is_for(invitation, user):
        raise OtherAddress
    membership = staffing.join(text, user=user)
    if membership is None:
        raise InvitationOver
    return membership


def is_for(invitation: StaffInvitation, user: User) -> bool:
    """Whether `user` has proven to own the address it was sent to. One query."""
    proven = EmailAddress.objects.filter(user=user, verified=True)
    return proven.filter(email=invitation.email).exists()


def _mail(invitation: StaffInvitation, text: str) -> None:
    address = settings.PUBLIC_URL.rstrip("/") + reverse("staff_invitation", args=[text])
    context: dict[str, Any] = {
        "site_name": invitation.site.name,
        "role": invitation.get_role_display(),
        "address": address,
        "days": staffing.INVITATION_LASTS.days,
    }
    with current.request_context(current.request or _on_the_command_line()):
        get_adapter().send_mail("account/email/staff_invitation", invitation.email, context)


def _on_the_command_line() -> HttpRequest:
    """What allauth asks for the name of the host."""
    request = HttpRequest()
    request.META["HTTP_HOST"] = urlsplit(settings.PUBLIC_URL).netloc
    return request
