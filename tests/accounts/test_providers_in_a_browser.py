"""Signing in elsewhere as browsers do it: another origin in between, and our strict policy."""

import re
from ipaddress import ip_network

import pytest
from allauth.socialaccount.models import SocialAccount
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts.services import handover
from tests.accounts.elsewhere import offering
from tests.accounts.people import ORIGIN, VERIFIER, code_from_mail
from tests.accounts.provider_server import provider_server
from tests.accounts.test_popup_in_a_browser import open_popup
from tests.factories import ReaderFactory

pytestmark = [pytest.mark.requires_browser, pytest.mark.django_db(transaction=True)]

BUTTON = "Continue with Newsroom account"


@pytest.fixture
def provider(settings):
    settings.OUTBOUND_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    with provider_server() as provider:
        settings.SOCIALACCOUNT_PROVIDERS = offering(provider)
        yield provider


@pytest.fixture
def regular(provider):
    reader = ReaderFactory(email="ada@mail.example", name="Ada")
    SocialAccount.objects.create(user=reader, provider="newsroom", uid=provider.person["sub"])
    return reader


def test_the_popup_goes_there_comes_back_and_hands_the_code_over(
    context,
    live_server,
    regular,
):
    page, popup = open_popup(context, live_server.url, {})

    popup.get_by_role("button", name=BUTTON).click()
    expect(popup.get_by_role("heading", name="Newsroom account")).to_be_visible()
    with popup.expect_event("close"):
        popup.get_by_role("link", name="Allow").click()

    expect(page.locator("output")).to_contain_text("colloquy:code")
    code = re.search(r'"code":"([^"]+)"', page.locator("output").inner_text())[1]
    token, _ = handover.exchange(code=code, verifier=VERIFIER, origin=ORIGIN)
    assert token.user == regular


def test_who_cancels_there_is_back_in_the_popup_and_signs_in_another_way(
    context,
    live_server,
    regular,
):
    page, popup = open_popup(context, live_server.url, {})

    popup.get_by_role("button", name=BUTTON).click()
    popup.get_by_role("link", name="Cancel").click()
    expect(popup.get_by_role("status")).to_contain_text("You did not sign in there")
    popup.get_by_label("E-mail address").fill("ada@mail.example")
    popup.keyboard.press("Enter")
    expect(popup.get_by_label("Code from the e-mail")).to_be_focused()
    popup.keyboard.type(code_from_mail())
    with popup.expect_event("close"):
        popup.keyboard.press("Enter")

    expect(page.locator("output")).to_contain_text("colloquy:code")


def test_a_newcomer_signs_up_on_our_page_and_lets_go_of_the_provider(
    context,
    live_server,
    provider,
):
    provider.person["name"] = "Ada Lovelace"
    page = context.new_page()
    page.goto(f"{live_server.url}/accounts/login/?next=/accounts/3rdparty/")
    faults = []

    page.get_by_role("button", name=BUTTON).click()
    page.get_by_role("link", name="Allow").click()
    page.get_by_label("Code").fill(code_from_mail())
    page.get_by_role("button", name=re.compile("Confirm|Continue|Verify")).first.click()
    expect(page.get_by_role("heading", name="Connected accounts")).to_be_visible()
    faults += Axe().run(page).response["violations"]
    page.get_by_role("button", name="Disconnect Newsroom account").click()
    expect(page.get_by_text("You sign in with no account of another service.")).to_be_visible()

    assert [fault["id"] for fault in faults] == []
    assert not SocialAccount.objects.exists()
