"""Who is on a site's staff: invited, joined, given another role, removed. Each leaves a record.

Whoever acts for a site is asked for their role in the transaction itself, with the site's staff
locked: nobody acts by a role they just lost, and two owners cannot remove each other. Nobody
(`actor=None`) is the command line, which may everything but leave a site without an owner.
"""

import secrets
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common import clock
from common.errors import Refusal
from publishers import roles
from publishers.models import AccessChange, Site, StaffInvitation, StaffMembership
from publishers.services import access, keys
from publishers.states import AccessChangeKind, Role

INVITATION_LASTS = timedelta(days=7)


class MayNotAppoint(Refusal):
    code: ClassVar[str] = "may_not_appoint"
    status: ClassVar[int] = 403
    detail = _("Your role does not let you give or take this role.")


class OwnRole(Refusal):
    code: ClassVar[str] = "own_role"
    status: ClassVar[int] = 403
    detail = _("Nobody changes their own role. Ask somebody else who may.")


class LastOwner(Refusal):
    code: ClassVar[str] = "last_owner"
    status: ClassVar[int] = 409
    detail = _("A site needs an owner. Make somebody else an owner first.")


class NotOnStaff(Refusal):
    code: ClassVar[str] = "not_on_staff"
    status: ClassVar[int] = 404
    detail = _("This person is not on the staff any more.")


class AlreadyOnStaff(Refusal):
    code: ClassVar[str] = "already_on_staff"
    status: ClassVar[int] = 409
    detail = _("This person is on the staff already.")


@transaction.atomic
def appoint(*, site: Site, user: Any, role: Role, actor: Any = None) -> StaffMembership:
    """Give `user` a role on `site`, or change the one they have; a repeat does nothing.

    Raises MayNotAppoint, OwnRole, LastOwner.
    """
    staff = _Staff(site, actor)
    member = staff.members.get(user.pk)
    if member is None:
        staff.check_may_appoint(role)
        member = site.staff.create(user=user, role=role)
        staff.note(AccessChangeKind.APPOINTED, user.email, now=role)
    elif member.role != role:
        staff.check_may_change(member, role)
        was, member.role = member.role, role
        member.save(update_fields=["role"])
        staff.forget_invitations_of(member)
        staff.note(AccessChangeKind.ROLE_CHANGED, user.email, was=was, now=role)
    return member


@transaction.atomic
def change_role(*, site: Site, user_id: UUID, role: Role, actor: Any) -> StaffMembership:
    """As `appoint`, for who is on the staff. Raises NotOnStaff as well."""
    return appoint(site=site, user=_Staff(site, actor).member(user_id).user, role=role, actor=actor)


@transaction.atomic
def remove(*, site: Site, user_id: UUID, actor: Any = None) -> None:
    """Take somebody off the staff, and with them the invitations they sent.

    Raises NotOnStaff, MayNotAppoint, OwnRole, LastOwner.
    """
    staff = _Staff(site, actor)
    member = staff.member(user_id)
    staff.check_may_change(member)
    staff.forget_invitations_of(member)
    staff.note(AccessChangeKind.REMOVED, member.user.email, was=member.role)
    member.delete()


@transaction.atomic
def invite(*, site: Site, email: str, role: Role, actor: Any = None) -> tuple[StaffInvitation, str]:
    """An invitation of this address and the text of its token, which only the mail may carry.

    Inviting an address again ends the token before. Raises MayNotAppoint, AlreadyOnStaff.
    """
    staff = _Staff(site, actor)
    email = email.strip().lower()
    staff.check_may_appoint(role)
    if any(member.user.email == email for member in staff.members.values()):
        raise AlreadyOnStaff
    if before := site.invitations.filter(email=email).first():
        staff.check_may_appoint(before.role)
    text = secrets.token_urlsafe(32)
    now = clock.now()
    invitation, _made = site.invitations.update_or_create(
        email=email,
        defaults={
            "role": role,
            "digest": keys.digest(text),
            "created_at": now,
            "expires_at": now + INVITATION_LASTS,
        },
    )
    staff.note(AccessChangeKind.INVITED, email, now=role)
    return invitation, text


@transaction.atomic
def withdraw(*, site: Site, invitation_id: UUID, actor: Any) -> None:
    """Take an invitation back; one that is gone is gone. Raises MayNotAppoint."""
    staff = _Staff(site, actor)
    if invitation := site.invitations.filter(pk=invitation_id).first():
        staff.check_may_appoint(invitation.role)
        staff.note(AccessChangeKind.INVITATION_WITHDRAWN, invitation.email, was=invitation.role)
        invitation.delete()


def invitation_by(text: str) -> StaffInvitation | None:
    """The invitation that this token of a mail is for, while it lasts, with its site. One query."""
    open_ones = StaffInvitation.objects.open().select_related("site")
    return open_ones.filter(digest=keys.digest(text)).first()


@transaction.atomic
def join(text: str, *, user: Any) -> StaffMembership | None:
    """Take up an invitation, once; None where there is none, or none any more.

    Whoever calls has seen that the address is `user`'s. Raises AlreadyOnStaff.
    """
    invitation = invitation_by(text)
    if invitation is None:
        return None
    staff = _Staff(invitation.site, actor=None)
    if user.pk in staff.members:
        raise AlreadyOnStaff
    if (
        not StaffInvitation.objects.open()
        .filter(pk=invitation.pk, digest=invitation.digest)
        .delete()[0]
    ):
        return None  # taken up, taken back or sent anew while we waited for the lock
    access.note(
        AccessChangeKind.JOINED,
        site=invitation.site,
        actor=user,
        subject=invitation.email,
        now=invitation.role,
    )
    return invitation.site.staff.create(user=user, role=invitation.role)


class _Staff:
    """A site's staff, locked until the transaction's end, and who acts on it. Two queries."""

    def __init__(self, site: Site, actor: Any) -> None:
        Site.objects.select_for_update(no_key=True).get(pk=site.pk)
        self.site, self.actor = site, actor
        self.members = {each.user_id: each for each in site.staff.select_related("user")}

    def member(self, user_id: UUID) -> StaffMembership:
        """Somebody on the staff. Raises NotOnStaff."""
        if user_id not in self.members:
            raise NotOnStaff
        return self.members[user_id]

    def check_may_appoint(self, role: str) -> None:
        """Raise MayNotAppoint unless the actor may give and take this role."""
        if self.actor is None:
            return
        own = self.members.get(self.actor.pk)
        if own is None or not roles.may_appoint(own.role, role):
            raise MayNotAppoint

    def check_may_change(self, member: StaffMembership, role: Role | None = None) -> None:
        """Raise what forbids to give `member` another role, or (None) to remove them."""
        if self.actor is not None and self.actor.pk == member.user_id:
            raise OwnRole
        for each in filter(None, [member.role, role]):
            self.check_may_appoint(each)
        owners = [each for each in self.members.values() if each.role == Role.OWNER]
        if owners == [member]:
            raise LastOwner

    def forget_invitations_of(self, member: StaffMembership) -> None:
        """End what somebody offered whose role is another now, or none."""
        sent = AccessChange.objects.filter(
            site=self.site, kind=AccessChangeKind.INVITED, actor=member.user_id
        )
        self.site.invitations.filter(email__in=sent.values("subject")).delete()

    def note(self, kind: AccessChangeKind, subject: str, **roles_then: str) -> None:
        access.note(kind, site=self.site, actor=self.actor, subject=subject, **roles_then)
