"""The staff door, of the desk and of the admin: a cookie of our pages, a role, a second factor."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services import staff, tokens
from publishers.models import StaffMembership
from tests.accounts.people import App, totp_code
from tests.factories import ModeratorFactory, ReaderFactory, SiteFactory
from tests.staff import sign_in

pytestmark = pytest.mark.django_db

DESK = "/moderation/"
ADMIN = "/admin/"
PASSWORD = "a long enough one"


def operator(**fields):
    person = User.objects.create_superuser("operator@mail.example", PASSWORD, name="Op", **fields)
    staff.vouch_for_address(person)
    return person


@pytest.mark.parametrize("page", [DESK, ADMIN])
def test_who_is_not_signed_in_goes_to_the_sign_in_page(page):
    answer = Client().get(page)

    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={page.replace('/', '%2F')}"


@pytest.mark.parametrize("page", [DESK, ADMIN])
def test_for_readers_there_is_nothing_behind_the_door(page):
    browser = Client()
    browser.force_login(ReaderFactory())

    assert browser.get(page).status_code == 404


def test_a_moderator_is_no_operator():
    browser = sign_in(Client(), ModeratorFactory())

    assert browser.get(DESK).status_code == 200
    assert browser.get(ADMIN).status_code == 404


@pytest.mark.parametrize(("page", "person"), [(DESK, ModeratorFactory), (ADMIN, operator)])
def test_staff_without_a_second_factor_set_one_up_first(page, person):
    browser = Client()
    browser.force_login(person())

    answer = browser.get(page)

    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{reverse('mfa_activate_totp')}?next=")


@pytest.mark.parametrize(("page", "person"), [(DESK, ModeratorFactory), (ADMIN, operator)])
def test_a_session_without_the_second_factor_is_asked_for_it(page, person):
    browser = Client()
    someone = person()
    staff.enroll_totp(someone)
    browser.force_login(someone)

    answer = browser.get(page)

    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{reverse('mfa_reauthenticate')}?next=")


def test_the_whole_way_in_from_a_first_password_to_the_desk(mailoutbox):
    someone = ModeratorFactory(password=PASSWORD)
    browser = Client()

    login = browser.get(DESK, follow=True)
    signed_in = browser.post(
        "/accounts/login/",
        {"login": someone.email, "password": PASSWORD, "next": DESK},
        follow=True,
    )
    secret = browser.session["mfa.totp.secret"]
    browser.post(reverse("mfa_activate_totp"), {"code": totp_code(secret)})
    again = browser.get(DESK, follow=True)
    browser.post(f"{reverse('mfa_reauthenticate')}?next={DESK}", {"code": totp_code(secret)})

    assert "Sign in" in login.content.decode()
    assert "Set up a second factor" in signed_in.content.decode()
    assert "Confirm that it is you" in again.content.decode()
    assert browser.get(DESK).status_code == 200


def test_signing_in_asks_for_the_second_factor_once_there_is_one():
    someone = ModeratorFactory(password=PASSWORD)
    secret = staff.enroll_totp(someone)
    browser = Client()

    asked = browser.post(
        "/accounts/login/",
        {"login": someone.email, "password": PASSWORD, "next": DESK},
        follow=True,
    )
    before = browser.get(DESK)
    there = browser.post(reverse("mfa_authenticate"), {"code": totp_code(secret)})

    assert "One more step" in asked.content.decode()
    assert before.status_code == 302
    assert (there.status_code, there["Location"]) == (302, DESK)
    assert browser.get(DESK).status_code == 200


def test_a_code_of_the_authenticator_works_once():
    someone = ModeratorFactory(password=PASSWORD)
    secret = staff.enroll_totp(someone)
    code = totp_code(secret)
    outcomes = []

    for _ in range(2):
        browser = Client()
        browser.post("/accounts/login/", {"login": someone.email, "password": PASSWORD})
        browser.post(reverse("mfa_authenticate"), {"code": code})
        outcomes.append(browser.get("/accounts/").status_code)

    assert outcomes == [200, 302]


@pytest.mark.parametrize("page", [DESK, ADMIN, "/admin/publishers/site/"])
def test_no_token_opens_a_staff_page(page, mailoutbox):
    someone = operator()
    site = SiteFactory()
    StaffMembership.objects.create(site=site, user=someone)
    _, reader_token = tokens.issue_reader(user=someone, site=site)
    app = App()
    app.call("auth/login", {"email": someone.email, "password": PASSWORD})
    staff.enroll_totp(someone)

    for text in (reader_token, app.token):
        by_header = Client().get(page, headers={"Authorization": f"Bearer {text}"})
        by_session_header = Client().get(page, headers={"X-Session-Token": text})
        by_cookie = Client()
        by_cookie.cookies["sessionid"] = text
        for answer in (by_header, by_session_header, by_cookie.get(page)):
            assert answer.status_code == 302
            assert answer["Location"].startswith("/accounts/login/")


def test_losing_the_role_closes_the_door_at_once():
    someone = ModeratorFactory()
    browser = sign_in(Client(), someone)
    before = browser.get(DESK)

    StaffMembership.objects.filter(user=someone).delete()

    assert (before.status_code, browser.get(DESK).status_code) == (200, 404)


def test_a_closed_account_is_out_at_once():
    someone = ModeratorFactory()
    browser = sign_in(Client(), someone)

    User.objects.filter(pk=someone.pk).update(is_active=False)

    assert browser.get(DESK).status_code == 302


def test_the_authenticators_secret_is_not_stored_in_the_clear():
    someone = ModeratorFactory()

    secret = staff.enroll_totp(someone)

    stored = str(someone.authenticator_set.values_list("data", flat=True).get())
    assert secret not in stored


def test_signing_out_of_the_admin_ends_the_session():
    browser = sign_in(Client(), operator())

    inside = browser.get(ADMIN)
    browser.post("/admin/logout/")

    assert inside.status_code == 200
    assert browser.get(ADMIN).status_code == 302


def test_every_admin_page_stands_behind_the_door():
    reader = Client()
    reader.force_login(ReaderFactory())

    for address in ("", "publishers/site/", "publishers/apikey/add/", "accounts/token/", "jsi18n/"):
        assert Client().get(f"/admin/{address}").status_code == 302
        assert reader.get(f"/admin/{address}").status_code == 404


def test_an_account_page_shows_staff_where_to_go():
    browser = sign_in(Client(), ModeratorFactory(name="Mo"))

    page = browser.get("/accounts/").content.decode()

    assert "Mo" in page
    assert "/moderation/" in page
    assert "/admin/" not in page
