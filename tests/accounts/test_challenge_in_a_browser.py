"""The page that solves a challenge: by itself, under our strict policy, keeping what was typed."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail

from tests.accounts.test_popup_in_a_browser import open_popup

pytestmark = [pytest.mark.requires_browser, pytest.mark.django_db(transaction=True)]


def test_a_reader_asks_for_a_code_and_has_nothing_to_do_for_the_challenge(
    context, live_server, settings
):
    settings.CHALLENGES = "always"
    _, popup = open_popup(context, live_server.url, {})

    popup.get_by_label("E-mail address").fill("ada@mail.example")
    popup.keyboard.press("Enter")
    popup.get_by_label("Code from the e-mail").wait_for()

    assert [message.to for message in mail.outbox] == [["ada@mail.example"]]
    assert popup.evaluate("Boolean(window.opener)")


@pytest.mark.parametrize(
    ("language", "schemes"),
    [("en", ["light", "dark"]), ("ko", ["dark", "light"]), ("ja", ["light", "dark"])],
)
def test_everybody_can_use_the_page_on_a_phone_light_or_dark(
    chromium, live_server, settings, language, schemes
):
    settings.CHALLENGES = "always"
    page = chromium.new_context(locale=language).new_page()
    page.route("**/challenge.js", lambda route: route.abort())  # else it is over too soon
    page.goto(f"{live_server.url}/accounts/signup/")
    page.locator("input[name=email]").fill("ada@mail.example")
    page.keyboard.press("Enter")
    page.locator("#challenge").wait_for(state="attached")

    for shown, scheme in zip(["#challenge-progress", "#challenge-fault"], schemes, strict=True):
        page.locator(shown).evaluate("each => { each.hidden = false }")
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": 360, "height": 640})

        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
