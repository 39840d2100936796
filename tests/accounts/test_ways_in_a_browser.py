"""Passkeys, second factors and sessions as people meet them, in browsers on `http://localhost`."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.accounts.people import code_from_mail

pytestmark = [pytest.mark.requires_browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "a long enough one"
#: A phone or laptop that knows its owner by finger or face.
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page whose complaints (a broken policy, an uncaught error) fail the test."""
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


def with_device(page: Page) -> Page:
    """Give a page a device that makes and uses passkeys."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return page


def sign_in(page: Page, server: str, email: str) -> None:
    page.goto(f"{server}/accounts/login/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page, server: str) -> None:
    page.goto(f"{server}/accounts/")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))


def signed_in_as(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_an_account_is_opened_with_a_passkey_and_the_passkey_signs_in(
    page, live_server, mailoutbox
):
    with_device(page)
    page.goto(f"{live_server.url}/accounts/signup/passkey/")
    page.get_by_label("E-mail address").fill("ada@mail.example")
    page.get_by_label("Display name").fill("Ada")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("textbox", name="Code").fill(code_from_mail())
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("What to call it").fill("My phone")
    page.get_by_role("button", name="Make a passkey").click()
    signed_in_as(page, "Ada")

    sign_out(page, live_server.url)
    page.get_by_role("button", name="Use a passkey").click()

    signed_in_as(page, "Ada")
    page.get_by_role("link", name="Passkeys").click()
    expect(page.locator(".things")).to_contain_text("My phone")
    expect(page.locator(".things")).to_contain_text("Last used")
