"""Everybody can use the pages as they come from real processes, with all that scripts fetch:
axe finds nothing, light or dark, and nothing runs over the edge of a phone.
"""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.install import Install
from tests.journeys.conftest import Visit
from tests.journeys.people import Authenticator, sign_in_at_the_desk

pytestmark = pytest.mark.requires_browser

#: What axe sees of colours hangs on the scheme, what runs over the edge on the width.
LOOKS = (("light", 1280), ("dark", 360))


def front_page(page: Page, install: Install) -> Page:
    page.goto(install.base_url)
    expect(page.locator("colloquy-count").first).to_have_text(re.compile(r"\d"))
    return page


def article_page(page: Page, install: Install) -> Page:
    page.goto(install.demo["article"]["editions"][0]["url"])
    expect(page.locator("colloquy-thread article").first).to_be_visible()
    expect(page.locator("[data-related] li").first).to_be_visible()
    return page


def popup(page: Page, install: Install) -> Page:
    page.context.clear_cookies()
    with article_page(page, install).expect_popup() as opened:
        page.get_by_role("button", name="Sign in").click()
    expect(opened.value.get_by_label("E-mail address")).to_be_focused()
    return opened.value


def name_lock(page: Page, install: Install) -> Page:
    page.goto(f"{install.base_url}/moderation/?queue=reported")
    page.locator(".cases a").first.click()
    expect(page).to_have_url(re.compile("/moderation/cases/"))
    page.get_by_text("Lock the name").click()
    expect(page.get_by_label("because")).to_be_visible()
    return page


def single_sign_on(page: Page, install: Install) -> Page:
    page.goto(f"{install.base_url}/moderation/sites/{install.demo['site']['id']}/sso")
    expect(page.get_by_role("button", name="Replace").first).to_be_visible()
    return page


@pytest.mark.parametrize("open_page", [front_page, article_page, popup, name_lock, single_sign_on])
def test_axe_finds_nothing_and_nothing_runs_over_the_edge(
    open_page: Callable[[Page, Install], Page],
    install: Install,
    visit: Visit,
    staff_cookies: StorageState,
) -> None:
    page = open_page(visit(storage_state=staff_cookies).new_page(), install)

    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("new Promise(requestAnimationFrame)")

        found = Axe().run(page).response["violations"]

        assert found == [], (scheme, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture(scope="module")
def staff_cookies(install: Install, browser: Browser, authenticator: Authenticator) -> StorageState:
    """A moderator's session."""
    context = browser.new_context(locale="en")
    sign_in_at_the_desk(context.new_page(), install, authenticator)
    state = context.storage_state()
    context.close()
    return state
