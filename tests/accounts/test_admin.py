"""The admin, as an operator who brings a publisher aboard uses it."""

import re

import pytest
from django.test import Client

from accounts.models import Token, User
from accounts.services import staff, tokens
from publishers.models import ApiKey, Site
from publishers.services import keys
from tests.factories import ReaderFactory, SiteFactory
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


@pytest.mark.parametrize("path", ["mfa/authenticator", "account/emailaddress"])
def test_nobodys_second_factor_or_address_is_set_by_hand(operator, path):
    assert operator.get(f"/admin/{path}/").status_code == 404
