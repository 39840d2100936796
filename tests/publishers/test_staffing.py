"""Who lets whom in: appointing, changing, removing, each on record."""

from functools import partial

import pytest
from django.db import ProgrammingError, transaction

from publishers.models import AccessChange, StaffMembership
from publishers.services import staffing
from publishers.services.staffing import LastOwner, MayNotAppoint, NotOnStaff, OwnRole
from publishers.states import Role
from tests.factories import ModeratorFactory, ReaderFactory, SiteFactory
from tests.together import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return SiteFactory()


def somebody(site, role):
    return ModeratorFactory(site=site, role=role)


def role_of(site, user):
    return site.staff.values_list("role", flat=True).filter(user=user).first()


@pytest.mark.parametrize("role", list(Role))
def test_an_owner_gives_every_role(site, role):
    owner, person = somebody(site, Role.OWNER), somebody(site, Role.ANALYST)

    staffing.change_role(site=site, user_id=person.pk, role=role, actor=owner)

    assert role_of(site, person) == role


@pytest.mark.parametrize(
    ("own", "was", "now"),
    [
        (Role.LEAD, Role.MODERATOR, Role.LEAD),  # raising somebody to one's own
        (Role.LEAD, Role.MODERATOR, Role.OWNER),  # or above
        (Role.LEAD, Role.MODERATOR, Role.LEGAL),  # legal may what a lead may not
        (Role.LEAD, Role.OWNER, Role.ANALYST),  # lowering who stands above
        (Role.LEAD, Role.LEAD, Role.ANALYST),  # or beside
        (Role.MODERATOR, Role.ANALYST, Role.MODERATOR),  # who may not appoint at all
        (Role.EDITOR, Role.ANALYST, Role.MODERATOR),
        (Role.LEGAL, Role.ANALYST, Role.MODERATOR),
        (Role.ANALYST, Role.MODERATOR, Role.EDITOR),
    ],
)
def test_no_role_is_given_or_taken_above_ones_own(site, own, was, now):
    actor, person = somebody(site, own), somebody(site, was)

    with pytest.raises(MayNotAppoint):
        staffing.change_role(site=site, user_id=person.pk, role=now, actor=actor)

    assert role_of(site, person) == was


def test_nobody_changes_their_own_role(site):
    somebody(site, Role.OWNER)
    owner = somebody(site, Role.OWNER)

    with pytest.raises(OwnRole):
        staffing.change_role(site=site, user_id=owner.pk, role=Role.LEAD, actor=owner)
    with pytest.raises(OwnRole):
        staffing.remove(site=site, user_id=owner.pk, actor=owner)


def test_a_role_elsewhere_is_none_here(site):
    stranger, person = ModeratorFactory(role=Role.OWNER), somebody(site, Role.MODERATOR)

    with pytest.raises(MayNotAppoint):
        staffing.remove(site=site, user_id=person.pk, actor=stranger)


def test_the_last_owner_stays_even_for_the_command_line(site):
    owner = somebody(site, Role.OWNER)

    with pytest.raises(LastOwner):
        staffing.appoint(site=site, user=owner, role=Role.LEAD)
    with pytest.raises(LastOwner):
        staffing.remove(site=site, user_id=owner.pk)


def test_one_of_two_owners_may_go(site):
    first, second = somebody(site, Role.OWNER), somebody(site, Role.OWNER)

    staffing.remove(site=site, user_id=second.pk, actor=first)

    assert [each.user for each in site.staff.all()] == [first]


def test_who_is_not_there_is_not_removed(site):
    owner = somebody(site, Role.OWNER)

    with pytest.raises(NotOnStaff):
        staffing.remove(site=site, user_id=ReaderFactory().pk, actor=owner)


def test_each_change_is_on_record_with_who_did_it(site):
    owner, person = somebody(site, Role.OWNER), ReaderFactory()

    staffing.appoint(site=site, user=person, role=Role.EDITOR, actor=owner)
    staffing.appoint(site=site, user=person, role=Role.EDITOR, actor=owner)  # nothing new
    staffing.change_role(site=site, user_id=person.pk, role=Role.LEAD, actor=owner)
    staffing.remove(site=site, user_id=person.pk, actor=owner)

    rows = site.access_changes.filter(subject=person.email).order_by("id")
    assert [(row.kind, row.was, row.now, row.actor) for row in rows] == [
        ("appointed", "", "editor", owner),
        ("role_changed", "editor", "lead", owner),
        ("removed", "lead", "", owner),
    ]


def test_the_record_is_neither_changed_nor_deleted(site):
    somebody(site, Role.OWNER)

    for spoil in (
        lambda rows: rows.update(subject="nobody@mail.example"),
        lambda rows: rows.delete(),
    ):
        with pytest.raises(ProgrammingError, match="Cannot"), transaction.atomic():
            spoil(AccessChange.objects.all())


def test_who_is_removed_takes_along_the_invitations_they_sent(site):
    owner, other = somebody(site, Role.OWNER), somebody(site, Role.OWNER)
    _gone, theirs = staffing.invite(
        site=site, email="friend@mail.example", role=Role.OWNER, actor=other
    )
    _kept, mine = staffing.invite(
        site=site, email="colleague@mail.example", role=Role.EDITOR, actor=owner
    )

    staffing.remove(site=site, user_id=other.pk, actor=owner)

    assert staffing.invitation_by(theirs) is None
    assert staffing.invitation_by(mine) is not None


def test_a_membership_remembers_one_role_per_site(site):
    person = somebody(site, Role.LEGAL)
    elsewhere = SiteFactory()

    staffing.appoint(site=elsewhere, user=person, role=Role.ANALYST)

    assert StaffMembership.objects.filter(user=person).count() == 2
    assert (role_of(site, person), role_of(elsewhere, person)) == ("legal", "analyst")


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_at_once_leave_one():
    site = SiteFactory()
    first, second = somebody(site, Role.OWNER), somebody(site, Role.OWNER)

    def remove(actor, person):
        try:
            staffing.remove(site=site, user_id=person.pk, actor=actor)
        except MayNotAppoint:  # the faster one took the role away
            return "refused"
        return "removed"

    heard = at_once(partial(remove, first, second), partial(remove, second, first))

    assert site.staff.count() == 1
    assert sorted(heard) == ["refused", "removed"]
