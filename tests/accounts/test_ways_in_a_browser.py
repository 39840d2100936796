"""Passkeys, second factors and sessions as people meet them, in browsers on `http://localhost`."""

import re
import time
from collections.abc import Iterator

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from accounts.services import handover, tokens
from tests.accounts.people import ORIGIN, VERIFIER, App, code_from_mail, me, totp_code
from tests.factories import ModeratorFactory, ReaderFactory, SiteFactory

pytestmark = [pytest.mark.requires_browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "a long enough one"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
KAKAOTALK = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Mobile/15E148 KAKAOTALK 25.9.0"
)
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


def is_signed_in_as(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def make_passkey(page: Page, name: str) -> None:
    page.get_by_role("link", name="Passkeys").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("What to call it").fill(name)
    page.get_by_role("button", name="Make a passkey").click()


def popup_address() -> str:
    site = SiteFactory(name="The Harbour Gazette", origins=[ORIGIN])
    challenge = handover.challenge_of(VERIFIER)
    return f"/signin/widget?site={site.pk}&origin={ORIGIN}&challenge={challenge}"


def code_handed_to_the_page(page: Page) -> str:
    """The window has no opener here: it goes back with the code in the fragment."""
    page.wait_for_url(f"{ORIGIN}/#colloquy-code=*")
    return page.url.partition("#colloquy-code=")[2]


def test_a_passkey_opens_an_account_and_signs_in_to_it(page, live_server, mailoutbox):
    with_device(page)
    page.goto(f"{live_server.url}/accounts/signup/passkey/")
    page.get_by_label("E-mail address").fill("ada@mail.example")
    page.get_by_label("Display name").fill("Ada")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Code from the e-mail").fill(code_from_mail())
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("What to call it").fill("My phone")
    page.get_by_role("button", name="Make a passkey").click()
    is_signed_in_as(page, "Ada")

    sign_out(page, live_server.url)
    page.get_by_role("button", name="Use a passkey").click()

    is_signed_in_as(page, "Ada")
    page.get_by_role("link", name="Passkeys").click()
    expect(page.locator(".things")).to_contain_text("My phone")
    expect(page.locator(".things")).to_contain_text("Last used")


def test_a_passkey_is_added_renamed_used_in_the_popup_and_removed(page, live_server):
    reader = ReaderFactory(email="ada@mail.example", name="Ada", password=PASSWORD)
    page.context.route(f"{ORIGIN}/**", lambda route: route.fulfill(body="A story"))
    sign_in(with_device(page), live_server.url, reader.email)
    make_passkey(page, "Phone")
    page.get_by_role("link", name="Rename Phone").click()
    page.get_by_label("What to call it").fill("Old phone")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".things")).to_contain_text("Old phone")
    sign_out(page, live_server.url)

    page.goto(live_server.url + popup_address())
    page.get_by_role("button", name="Use a passkey").click()
    token, _ = handover.exchange(
        code=code_handed_to_the_page(page), verifier=VERIFIER, origin=ORIGIN
    )

    assert token.user == reader
    page.goto(f"{live_server.url}/accounts/2fa/webauthn/")
    page.get_by_role("link", name="Remove Old phone").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("main")).to_contain_text("You have none yet.")
    assert not reader.authenticator_set.filter(type="webauthn").exists()


def test_without_a_passkey_at_hand_the_page_says_so_and_goes_on(page, live_server):
    page.goto(live_server.url + popup_address())
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('no')) }")

    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("alert")).to_contain_text("choose another way")
    expect(page.get_by_role("button", name="Use a passkey")).to_be_focused()
    expect(page.get_by_label("E-mail address")).to_be_editable()


def test_an_authenticator_guards_an_account_and_a_recovery_code_stands_in_once(page, live_server):
    reader = ReaderFactory(email="ada@mail.example", name="Ada", password=PASSWORD)
    sign_in(page, live_server.url, reader.email)
    page.get_by_role("link", name="Second factor").click()
    page.get_by_role("link", name="Set up an authenticator app").click()
    secret = page.get_by_label("Secret, to type instead").input_value()
    page.get_by_role("textbox", name="code").last.fill(totp_code(secret))
    page.get_by_role("button", name="Continue").click()
    recovery, other = page.get_by_label("Unused codes").input_value().split()[:2]

    def come_in_with(code: str) -> None:
        sign_out(page, live_server.url)
        sign_in(page, live_server.url, reader.email)
        page.get_by_role("textbox", name="code").fill(code)
        page.get_by_role("button", name="Sign in").click()

    come_in_with(recovery)
    is_signed_in_as(page, "Ada")
    come_in_with(recovery)
    expect(page.locator(".error")).to_contain_text("This code is not right.")
    page.get_by_role("textbox", name="code").fill(other)
    page.get_by_role("button", name="Sign in").click()

    is_signed_in_as(page, "Ada")
    page.get_by_role("link", name="Second factor").click()
    expect(page.locator("main")).to_contain_text("You have 8 left.")
    page.get_by_role("link", name="Make new ones").click()
    page.get_by_role("button", name="Make new ones").click()
    assert recovery not in page.get_by_label("Unused codes").input_value()
    page.goto(f"{live_server.url}/accounts/2fa/totp/deactivate/")
    page.get_by_role("button", name="Switch off").click()
    sign_out(page, live_server.url)
    sign_in(page, live_server.url, reader.email)
    is_signed_in_as(page, "Ada")


def test_ending_a_session_ends_the_other_browser_within_five_seconds(chromium, live_server):
    reader = ReaderFactory(email="ada@mail.example", name="Ada", password=PASSWORD)
    here, there = (
        chromium.new_context(user_agent=device).new_page() for device in (FIREFOX, KAKAOTALK)
    )
    for page in (here, there):
        page.route(f"{ORIGIN}/**", lambda route: route.fulfill(body="A story"))
        sign_in(page, live_server.url, reader.email)
        is_signed_in_as(page, "Ada")
    there.goto(live_server.url + popup_address())
    there.get_by_role("button", name="Continue as Ada").click()
    code = code_handed_to_the_page(there)
    _, widgets = handover.exchange(code=code, verifier=VERIFIER, origin=ORIGIN)

    here.get_by_role("link", name="Where you are signed in").click()
    expect(here.get_by_role("listitem").filter(has_text="Firefox")).to_contain_text("This browser")
    here.get_by_role("button", name="Sign out · KakaoTalk · iPhone").click()
    ended_at = time.monotonic()
    expect(here.get_by_role("status")).to_contain_text("You are signed out there.")
    there.goto(f"{live_server.url}/accounts/")

    expect(there).to_have_url(re.compile("/accounts/login/"))
    assert me(widgets).json()["code"] == "token_revoked"
    assert time.monotonic() - ended_at < 5
    here.goto(f"{live_server.url}/accounts/")
    is_signed_in_as(here, "Ada")


def test_a_passkey_is_second_factor_enough_for_the_desk(page, live_server):
    moderator = ModeratorFactory(email="mo@mail.example", name="Mo", password=PASSWORD)
    sign_in(with_device(page), live_server.url, moderator.email)
    make_passkey(page, "Laptop")
    page.goto(f"{live_server.url}/moderation/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{live_server.url}/moderation/")

    page.context.clear_cookies()
    sign_in(page, live_server.url, moderator.email)
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")
    page.get_by_role("button", name="Use a passkey").click()
    is_signed_in_as(page, "Mo")
    page.goto(f"{live_server.url}/moderation/")
    expect(page).to_have_url(f"{live_server.url}/moderation/")


def test_an_app_signs_up_and_in_with_a_passkey(page, live_server, mailoutbox):
    with_device(page).goto(f"{live_server.url}/accounts/login/")
    app = App(host=live_server.url.removeprefix("http://"))

    app.call("auth/webauthn/signup", {"email": "ada@mail.example", "name": "Ada"})
    app.call("auth/email/verify", {"key": code_from_mail()})
    asked = app.call("auth/webauthn/signup", method="get").json()["data"]["creation_options"]
    made = page.evaluate("options => webauthnJSON.create(options)", asked)
    signed_up = app.call("auth/webauthn/signup", {"name": "", "credential": made}, "put")
    app.call("auth/session", method="delete")

    again = App(host=app.host)
    asked = again.call("auth/webauthn/login", method="get").json()["data"]["request_options"]
    used = page.evaluate("options => webauthnJSON.get(options)", asked)
    signed_in = again.call("auth/webauthn/login", {"credential": used})
    replayed = App(host=app.host).call("auth/webauthn/login", {"credential": used})

    assert signed_up.status_code == signed_in.status_code == 200
    assert me(again.token).json()["name"] == "Ada"
    assert replayed.status_code == 400


def test_every_page_is_accessible_and_fits(page, live_server, mailoutbox):
    faults = []

    def look(path: str = "", *, at: str) -> None:
        """Look at the page that says `at`."""
        if path:
            page.goto(live_server.url + path)
        page.get_by_role("heading", name=at, level=1).wait_for()
        for scheme, width in (("light", 1280), ("dark", 360)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 640})
            violations = Axe().run(page).response["violations"]
            faults.extend((at, scheme, width, violation["id"]) for violation in violations)
            assert page.evaluate("document.documentElement.scrollWidth") <= width

    reader = ReaderFactory(email="ada@mail.example", name="Ada", password=PASSWORD)
    for number in range(2):
        tokens.issue_reader(
            user=reader, site=SiteFactory(name=f"Site {number}"), user_agent=KAKAOTALK
        )
    look("/accounts/login/", at="Sign in")
    look("/accounts/signup/", at="Open an account with a password")
    look("/accounts/signup/passkey/", at="Open an account with a passkey")
    sign_in(with_device(page), live_server.url, reader.email)
    look(at="Ada")
    make_passkey(page, "Phone")
    look(at="Passkeys")
    look("/accounts/sessions/", at="Where you are signed in")
    look("/accounts/email/", at="E-mail address")
    look("/accounts/2fa/webauthn/add/", at="Add a passkey")
    look("/accounts/2fa/totp/activate/", at="Set up a second factor")
    TOTP.activate(reader, "ABCDEFGHIJKLMNOP")
    look("/accounts/2fa/", at="Second factor")
    look("/accounts/2fa/recovery-codes/", at="Recovery codes")
    look("/accounts/2fa/recovery-codes/generate/", at="New recovery codes")
    look("/accounts/reauthenticate/", at="Confirm that it is you")
    look("/accounts/2fa/webauthn/reauthenticate/", at="Confirm that it is you")

    assert faults == []
