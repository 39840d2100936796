"""The hand-over as browsers do it: from a window of ours to a page of a publisher's."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from playwright.sync_api import BrowserContext, Page, expect

from accounts.services import handover
from tests.accounts.people import ORIGIN, VERIFIER, code_from_mail
from tests.factories import SiteFactory

pytestmark = [pytest.mark.requires_browser, pytest.mark.django_db(transaction=True)]

#: What the widget does, without the widget.
PUBLISHERS_PAGE = """<!doctype html><title>A story</title><button>Sign in</button><output></output>
<script>
  addEventListener('message', event => {
    document.querySelector('output').textContent = event.origin + ' ' + JSON.stringify(event.data)
  })
  document.querySelector('button').onclick = () => open('POPUP', 'signin', 'width=420,height=560')
</script>"""


def open_popup(context: BrowserContext, server: str, headers: dict[str, str]) -> tuple[Page, Page]:
    """A publisher's page and the popup it opened."""
    site = SiteFactory(name="The Harbour Gazette", origins=[ORIGIN])
    challenge = handover.challenge_of(VERIFIER)
    popup = f"{server}/signin/widget?site={site.pk}&origin={ORIGIN}&challenge={challenge}"
    body = PUBLISHERS_PAGE.replace("POPUP", f"{popup}&return={ORIGIN}/en/story")
    context.route(
        f"{ORIGIN}/**",
        lambda route: route.fulfill(body=body, content_type="text/html", headers=headers),
    )
    page = context.new_page()
    page.goto(f"{ORIGIN}/en/story")
    with context.expect_page() as opened:
        page.get_by_role("button").click()
    return page, opened.value


def sign_in(popup: Page) -> None:
    """By keyboard alone: the first field of every step has the focus already."""
    expect(popup.get_by_label("E-mail address")).to_be_focused()
    popup.keyboard.type("ada@mail.example")
    popup.keyboard.press("Enter")
    expect(popup.get_by_label("Code from the e-mail")).to_be_focused()
    popup.keyboard.type(code_from_mail())
    popup.keyboard.press("Enter")
    expect(popup.get_by_label("Display name")).to_be_focused()
    popup.keyboard.type("Ada")
    popup.keyboard.press("Enter")


def test_the_code_is_posted_to_the_page_and_the_window_closes(context, live_server):
    page, popup = open_popup(context, live_server.url, {})

    with popup.expect_event("close"):
        sign_in(popup)

    expect(page.locator("output")).to_contain_text("colloquy:code")
    said = page.locator("output").inner_text()
    assert said.startswith(live_server.url)
    code = re.search(r'"code":"([^"]+)"', said)[1]
    token, _ = handover.exchange(code=code, verifier=VERIFIER, origin=ORIGIN)
    assert token.user.name == "Ada"
    assert len(mail.outbox) == 1


def test_a_page_that_cut_the_tie_gets_the_code_in_its_fragment(context, live_server):
    _, popup = open_popup(context, live_server.url, {"Cross-Origin-Opener-Policy": "same-origin"})

    sign_in(popup)
    popup.wait_for_url(f"{ORIGIN}/en/story#colloquy-code=*")

    code = popup.url.partition("#colloquy-code=")[2]
    token, _ = handover.exchange(code=code, verifier=VERIFIER, origin=ORIGIN)
    assert token.origin == ORIGIN


def test_every_step_is_accessible_and_fits(context, live_server):
    faults = []

    def look(there: str) -> None:
        """Look at the page that says `there`."""
        popup.get_by_text(there).wait_for()
        popup.wait_for_load_state()
        for scheme, width in (("light", 1280), ("dark", 360)):
            popup.emulate_media(color_scheme=scheme)
            popup.set_viewport_size({"width": width, "height": 640})
            violations = Axe().run(popup).response["violations"]
            faults.extend((there, scheme, width, violation["id"]) for violation in violations)
            assert popup.evaluate("document.documentElement.scrollWidth") <= width

    _, popup = open_popup(context, live_server.url, {})
    look("Sign in to join the conversation")
    popup.get_by_label("E-mail address").fill("not an address")
    popup.get_by_role("button", name="Send me a code").click()
    look("This is not an e-mail address.")
    popup.get_by_role("link", name="Use a password instead").click()
    look("Sign in with your password")
    popup.get_by_role("link", name="Get a code by e-mail instead").click()
    look("Sign in to join the conversation")
    popup.get_by_label("E-mail address").fill("ada@mail.example")
    popup.get_by_role("button", name="Send me a code").click()
    look("Check your e-mail")
    popup.get_by_label("Code from the e-mail").fill(code_from_mail())
    popup.get_by_role("button", name="Sign in").click()
    look("What shall we call you?")

    assert faults == []
