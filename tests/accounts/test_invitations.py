"""Invitations to a site's staff: by mail, for one address, once, for seven days."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts.services import inviting
from accounts.services.inviting import InvitationOver, OtherAddress
from common import clock
from common.limits import TooManyRequests
from publishers.models import StaffInvitation, StaffMembership
from publishers.services import staffing
from publishers.services.staffing import AlreadyOnStaff, MayNotAppoint
from publishers.states import Role
from tests.accounts.people import code_from_mail
from tests.factories import ModeratorFactory, ReaderFactory, SiteFactory, UserFactory

pytestmark = pytest.mark.django_db
ADDRESS = "mo@mail.example"


@pytest.fixture
def site():
    return SiteFactory(name="The Harbour Gazette")


@pytest.fixture
def owner(site):
    return ModeratorFactory(site=site, role=Role.OWNER)


@pytest.fixture
def invite(site, owner):
    """Invite an address; the path that the mail leads to."""

    def send(email=ADDRESS, role=Role.MODERATOR):
        inviting.invite(site=site, email=email, role=role, actor=owner)
        return link()

    return send


def link():
    found = re.search(r"https?://\S+?(/accounts/invitations/\S+)", str(mail.outbox[-1].body))
    assert found, "no link in the newest mail"
    return found[1]


def token_of(path):
    return path.rsplit("/", 1)[1]


def browser_of(user):
    browser = Client()
    browser.force_login(user)
    return browser


def test_a_mail_says_what_for_and_leads_to_the_page(site, invite):
    path = invite()
    message = mail.outbox[-1]
    page = Client().get(path)

    assert message.to == [ADDRESS]
    assert "The Harbour Gazette" in message.subject
    assert "Moderator" in message.body
    assert page.status_code == 200
    assert "Sign in" in page.text
    assert page["Referrer-Policy"] == "same-origin"
    assert "no-store" in page["Cache-Control"]


def test_who_proves_the_address_joins_with_the_role_and_meets_the_door(site, invite):
    path = invite(role=Role.LEAD)
    person = ReaderFactory(email=ADDRESS)
    browser = browser_of(person)

    asked = browser.get(path)
    joined = browser.post(path)

    assert "Join" in asked.text
    assert (joined.status_code, joined["Location"]) == (302, "/moderation/")
    assert site.staff.get(user=person).role == "lead"
    assert browser.get("/moderation/")["Location"].startswith("/accounts/2fa/totp/activate/")
    row = site.access_changes.order_by("id").last()
    assert (row.kind, row.subject, row.now, row.actor) == ("joined", ADDRESS, "lead", person)


def test_the_whole_way_for_somebody_without_an_account(site, invite):
    path = invite()
    browser = Client()

    browser.post(
        "/accounts/signup/",
        {"email": ADDRESS, "name": "Mo", "password1": "a long enough one", "next": path},
    )
    browser.post("/accounts/confirm-email/", {"code": code_from_mail()})
    browser.post(path)

    assert site.staff.get(user__email=ADDRESS).role == "moderator"


def test_an_invitation_is_taken_up_once(invite):
    path = invite()
    person = ReaderFactory(email=ADDRESS)

    first = inviting.accept(token_of(path), user=person)

    assert first.user == person
    with pytest.raises(InvitationOver):
        inviting.accept(token_of(path), user=person)
    assert browser_of(person).get(path).status_code == 404


def test_an_invitation_ends_after_seven_days(invite):
    path = invite()
    person = ReaderFactory(email=ADDRESS)

    later = clock.now() + timedelta(days=7, seconds=1)
    with time_machine.travel(later, tick=False), pytest.raises(InvitationOver):
        inviting.accept(token_of(path), user=person)

    assert not StaffMembership.objects.filter(user=person).exists()


@pytest.mark.parametrize("path", ["wrong", "x" * 43, "a%00b", "%F0%9F%A6%84"])
def test_a_token_that_never_was_is_as_one_that_is_over(path):
    answer = Client().get(f"/accounts/invitations/{path}")

    assert answer.status_code in {400, 404}


def test_it_is_of_no_use_to_another_address(invite):
    path = invite()
    thief = ReaderFactory(email="thief@mail.example")
    browser = browser_of(thief)

    page, answer = browser.get(path), browser.post(path)

    assert "another address" in page.text
    assert answer.status_code == 403
    assert not StaffMembership.objects.filter(user=thief).exists()
    assert StaffInvitation.objects.exists()


def test_an_address_that_was_not_proven_does_not_count(invite):
    path = invite()
    someone = UserFactory(email=ADDRESS)
    EmailAddress.objects.create(user=someone, email=ADDRESS, verified=False, primary=True)

    with pytest.raises(OtherAddress):
        inviting.accept(token_of(path), user=someone)


def test_a_second_proven_address_counts(site, invite):
    path = invite()
    someone = ReaderFactory(email="private@mail.example")
    EmailAddress.objects.create(user=someone, email=ADDRESS, verified=True, primary=False)

    inviting.accept(token_of(path), user=someone)

    assert site.staff.filter(user=someone).exists()


def test_nobody_joins_without_the_token_of_the_page(invite):
    path = invite()
    person = ReaderFactory(email=ADDRESS)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person)

    assert strict.post(path).status_code == 403
    assert Client().post(path).status_code == 200  # the page again: sign in first
    assert not StaffMembership.objects.filter(user=person).exists()


def test_sending_again_ends_the_link_before(invite):
    first, second = invite(), invite()
    person = ReaderFactory(email=ADDRESS)

    with pytest.raises(InvitationOver):
        inviting.accept(token_of(first), user=person)
    assert inviting.accept(token_of(second), user=person)


def test_only_a_hash_of_the_token_is_stored(invite):
    path = invite()

    row = StaffInvitation.objects.values().get()

    assert not any(token_of(path) in str(value) for value in row.values())


def test_an_invitation_that_was_taken_back_is_over(site, owner, invite):
    path = invite()

    staffing.withdraw(site=site, invitation_id=StaffInvitation.objects.get().pk, actor=owner)

    assert Client().get(path).status_code == 404


def test_mail_and_record_are_the_same_with_and_without_an_account(site, owner):
    ReaderFactory(email="known@mail.example")
    made = [
        inviting.invite(site=site, email=email, role=Role.EDITOR, actor=owner)
        for email in ("known@mail.example", "unknown@mail.example")
    ]
    known, unknown = (re.sub(r"invitations/\S+", "", str(each.body)) for each in mail.outbox[-2:])

    assert known == unknown
    assert made[0].role == made[1].role
    assert StaffInvitation.objects.count() == 2


def test_who_is_on_the_staff_is_not_invited(site, owner):
    there = ModeratorFactory(site=site)

    with pytest.raises(AlreadyOnStaff):
        inviting.invite(site=site, email=there.email.upper(), role=Role.LEAD, actor=owner)


def test_an_invitation_does_not_change_the_role_of_who_came_meanwhile(site, owner, invite):
    path = invite(role=Role.MODERATOR)
    person = ReaderFactory(email=ADDRESS)
    staffing.appoint(site=site, user=person, role=Role.LEGAL)

    with pytest.raises(AlreadyOnStaff):
        inviting.accept(token_of(path), user=person)

    assert site.staff.get(user=person).role == "legal"


@pytest.mark.parametrize("role", [Role.OWNER, Role.LEAD, Role.LEGAL])
def test_a_lead_invites_only_below(site, role):
    lead = ModeratorFactory(site=site, role=Role.LEAD)

    with pytest.raises(MayNotAppoint):
        inviting.invite(site=site, email=ADDRESS, role=role, actor=lead)

    assert not StaffInvitation.objects.exists()
    assert not mail.outbox


def test_a_lead_does_not_take_over_an_invitation_from_above(site, owner, invite):
    invite(role=Role.OWNER)
    lead = ModeratorFactory(site=site, role=Role.LEAD)

    with pytest.raises(MayNotAppoint):
        inviting.invite(site=site, email=ADDRESS, role=Role.ANALYST, actor=lead)

    assert StaffInvitation.objects.get().role == "owner"


def test_mails_are_counted(site, owner, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"inviting": {"account": [(2, 3600)]}}
    settings.NEW_ACCOUNT_SHARE = 1
    for number in range(2):
        inviting.invite(site=site, email=f"{number}@mail.example", role=Role.EDITOR, actor=owner)

    with pytest.raises(TooManyRequests):
        inviting.invite(site=site, email=ADDRESS, role=Role.EDITOR, actor=owner)

    assert not StaffInvitation.objects.filter(email=ADDRESS).exists()


def test_a_sites_name_adds_nothing_to_the_mails_head(owner, site):
    site.name = "Gazette\r\nBcc: all@mail.example"
    site.save()

    inviting.invite(site=site, email=ADDRESS, role=Role.EDITOR, actor=owner)

    sent = mail.outbox[-1].message()
    assert sent["Bcc"] is None
    assert "\n" not in sent["Subject"]
