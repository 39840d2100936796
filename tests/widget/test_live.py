"""What came since is told without moving what is read, and shown when its reader says so."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.widget.conftest import API, THREAD, Server, comment

pytestmark = pytest.mark.requires_browser


def top(place: Locator) -> float:
    return round(place.evaluate("place => place.getBoundingClientRect().top"))


def test_new_comments_are_told_and_shown_and_what_is_read_keeps_its_place(
    visit: Callable[..., Page], server: Server
) -> None:
    server.live_url = f"{API}/stream"
    server.comments = [comment(number) for number in range(20, 0, -1)]
    page = visit()
    read = page.locator("article", has_text="Thought 9")
    read.evaluate("place => place.scrollIntoView()")
    before = top(read)

    server.tell(page, comment_count=21)

    told = page.get_by_role("button", name="1 new comment")
    expect(told).to_be_in_viewport()
    expect(page.locator("[role=status]", has_text="1 new comment")).to_have_count(1)
    assert top(read) == before

    server.comments.insert(0, comment(21))
    told.click()
    lead = page.get_by_role("button", name="Go to what is new")
    expect(lead).to_be_focused()
    assert top(read) == before

    lead.click()
    expect(page.locator("article", has_text="Thought 21")).to_be_focused()
    expect(lead).to_have_count(0)


def test_a_page_that_is_seen_again_says_which_version_it_has(
    visit: Callable[..., Page], server: Server
) -> None:
    server.live_url = f"{API}/stream"
    page = visit()
    server.tell(page, comment_count=3)
    page.get_by_role("button", name="1 new comment").wait_for()

    hide = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(
        f"Object.defineProperty(document, 'hidden', {{value: true, writable: true}}); {hide}"
    )
    page.evaluate(f"document.hidden = false; {hide}")
    assert server.stream(page).request.url == f"{API}/stream?thread={THREAD}:2"
