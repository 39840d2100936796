"""The admin, as an operator who brings a publisher aboard uses it."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import SiteProfile, Token, User
from accounts.services import staff, tokens
from common import clock
from publishers.models import ApiKey, Site, StaffMembership
from publishers.services import keys
from tests.factories import ModeratorFactory, ReaderFactory, SiteFactory
from tests.staff import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator():
    person = User.objects.create_superuser("operator@mail.example", name="Op")
    staff.vouch_for_address(person)
    return sign_in(Client(), person)


def test_every_list_and_form_opens(operator):
    site = SiteFactory(origins=["https://news.example"])
    key, _ = keys.issue(site=site, name="server")
    token, _ = tokens.issue_reader(user=ReaderFactory(), site=site)
    forms = [("publishers/site", site), ("publishers/apikey", key), ("accounts/token", token)]
    forms.append(("accounts/user", token.user))

    for path, row in forms:
        assert operator.get(f"/admin/{path}/").status_code == 200
        assert operator.get(f"/admin/{path}/?q=a").status_code == 200
        assert operator.get(f"/admin/{path}/{row.pk}/change/").status_code == 200


def test_a_new_keys_text_is_shown_once_and_opens_the_door(operator):
    site = SiteFactory()

    page = operator.post(
        "/admin/publishers/apikey/add/",
        {"site": str(site.pk), "name": "server", "scopes": ["articles:write"]},
        follow=True,
    ).content.decode()
    again = operator.get("/admin/publishers/apikey/").content.decode()

    shown = re.search(r"cq_[A-Za-z0-9_-]{43}", page)
    assert shown
    assert keys.find(shown[0]).site == site
    assert shown[0] not in again
    assert ApiKey.objects.count() == 1


def test_no_page_shows_a_digest(operator):
    site = SiteFactory()
    key, _ = keys.issue(site=site, name="server")
    token, _ = tokens.issue_reader(user=ReaderFactory(), site=site)

    pages = [
        operator.get(f"/admin/{path}").content.decode()
        for path in (
            f"publishers/apikey/{key.pk}/change/",
            f"publishers/site/{site.pk}/change/",
            f"accounts/token/{token.pk}/change/",
        )
    ]

    assert not any(secret in page for page in pages for secret in (key.digest, token.digest))


def test_keys_are_revoked_and_tokens_ended_from_their_lists(operator):
    site = SiteFactory()
    key, text = keys.issue(site=site, name="server")
    token, _ = tokens.issue_reader(user=ReaderFactory(), site=site)

    operator.post(
        "/admin/publishers/apikey/", {"action": "revoke", "_selected_action": [str(key.pk)]}
    )
    operator.post("/admin/accounts/token/", {"action": "end", "_selected_action": [str(token.pk)]})

    assert keys.find(text) is None
    assert Token.objects.get(pk=token.pk).revoked_at is not None


def test_a_key_is_replaced_from_the_list_and_the_old_one_has_a_day(operator):
    old, old_text = keys.issue(site=SiteFactory(), name="server")

    page = operator.post(
        "/admin/publishers/apikey/",
        {"action": "replace", "_selected_action": [str(old.pk)]},
        follow=True,
    ).content.decode()

    shown = re.search(r"cq_[A-Za-z0-9_-]{43}", page)
    assert shown
    assert keys.find(shown[0]).name == "server"
    with time_machine.travel(clock.now() + timedelta(hours=23), tick=False):
        assert keys.find(old_text)
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
        assert keys.find(old_text) is None


def test_staff_are_looked_at_and_not_changed_here(operator):
    """Else a change would be on no record, and a site could lose its owner."""
    member = StaffMembership.objects.get(user=ModeratorFactory())

    page = operator.get(f"/admin/publishers/site/{member.site_id}/change/").content.decode()

    assert "Moderator" in page
    assert 'name="staff-0-role"' not in page


def test_who_may_only_look_in_the_admin_ends_nothing():
    person = ReaderFactory(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    looking = sign_in(Client(), person)
    key, text = keys.issue(site=SiteFactory(), name="server")
    token, _ = tokens.issue_reader(user=ReaderFactory(), site=key.site)

    for path, action, row in (
        ("publishers/apikey", "revoke", key),
        ("publishers/apikey", "replace", key),
        ("publishers/site", "change_hook_secret", key.site),
        ("accounts/token", "end", token),
        ("accounts/user", "end_tokens", token.user),
    ):
        assert looking.get(f"/admin/{path}/").status_code == 200
        looking.post(f"/admin/{path}/", {"action": action, "_selected_action": [str(row.pk)]})

    assert keys.find(text) == key
    assert ApiKey.objects.count() == 1
    assert not Site.objects.exclude(hook_secret="").exists()
    assert Token.objects.get(pk=token.pk).revoked_at is None


def test_only_a_superuser_says_who_is_an_operator(operator):
    reader = ReaderFactory()
    clerk = ReaderFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__endswith="_user"))
    form = {"name": reader.name, "locale": "en", "is_active": "on", "is_staff": "on"}
    address = f"/admin/accounts/user/{reader.pk}/change/"

    sign_in(Client(), clerk).post(address, form)
    reader.refresh_from_db()
    by_clerk = reader.is_staff
    operator.post(address, form)
    reader.refresh_from_db()

    assert (by_clerk, reader.is_staff) == (False, True)


def test_the_admin_has_no_sign_in_form_of_its_own():
    person = User.objects.create_superuser("op@mail.example", "a long enough one", name="Op")
    staff.vouch_for_address(person)
    browser = Client()
    typed = {"username": person.email, "password": "a long enough one", "next": "/admin/"}

    page, tried = browser.get("/admin/login/"), browser.post("/admin/login/", typed)

    for answer in (page, tried):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")
    assert "_auth_user_id" not in browser.session


def test_a_site_is_set_up_with_its_origins_in_one_form(operator):
    answer = operator.post(
        "/admin/publishers/site/add/",
        {
            "name": "The Harbour Gazette",
            "default_locale": "en",
            "screening": "screen_first",
            "edit_window_seconds": "300",
            "hold_over_characters": "5000",
            "hold_over_links": "2",
            "origins-TOTAL_FORMS": "1",
            "origins-INITIAL_FORMS": "0",
            "origins-0-origin": "https://news.example",
            "staff-TOTAL_FORMS": "0",
            "staff-INITIAL_FORMS": "0",
            "api_keys-TOTAL_FORMS": "0",
            "api_keys-INITIAL_FORMS": "0",
        },
    )

    assert answer.status_code == 302
    assert [str(origin) for origin in Site.objects.get().origins.all()] == ["https://news.example"]


def test_signing_somebody_out_everywhere(operator):
    reader = ReaderFactory()
    token, _ = tokens.issue_reader(user=reader, site=SiteFactory())

    operator.post(
        "/admin/accounts/user/", {"action": "end_tokens", "_selected_action": [str(reader.pk)]}
    )

    assert Token.objects.get(pk=token.pk).revoked_at is not None


def test_accounts_and_tokens_are_not_made_or_deleted_by_hand(operator):
    for path in ("accounts/user", "accounts/token"):
        assert operator.get(f"/admin/{path}/add/").status_code == 403


@pytest.mark.parametrize(
    "path", ["mfa/authenticator", "account/emailaddress", "usersessions/usersession"]
)
def test_nobodys_second_factor_or_address_is_set_by_hand(operator, path):
    assert operator.get(f"/admin/{path}/").status_code == 404


def test_an_operator_locks_a_name_in_the_administration(operator):
    reader, site = ReaderFactory(), SiteFactory()

    answer = operator.post(
        "/admin/accounts/siteprofile/add/",
        {
            "user": str(reader.pk),
            "site": str(site.pk),
            "name_locked_until_0": "2099-01-01",
            "name_locked_until_1": "00:00:00",
        },
    )

    assert answer.status_code == 302
    found = SiteProfile.objects.get(user=reader, site=site)
    assert found.name_locked_until.year == 2099
    assert found.name_locked_by.is_superuser
