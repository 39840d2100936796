"""What a reader finds on the page: everyone can use it, on every width, and counts are cheap."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.widget.conftest import PAGE, Server, comment, own, problem

pytestmark = pytest.mark.requires_browser

ROOT = comment(1)["id"]
GONE = {"author": None, "body_html": None, "votes": None, "reactions": None, "status": "rejected"}


def fill(server: Server) -> None:
    """A thread with one of every kind of comment."""
    nested = {"root": ROOT, "depth": 1, "parent": ROOT}
    replies = [
        comment(4, **nested),
        comment(5, **nested | GONE),
        comment(6, **nested | {"parent": comment(5)["id"], "depth": 2}),
    ]
    first = comment(1, edited_at="2026-01-02T00:00:00Z", reply_count=9)
    first["replies"] = {"results": replies, "next": "cursor"}
    server.comments = [
        comment(3, body_html=f"<p>{'Donaudampfschiff' * 20}</p>", reactions={"kind0": 9_999}),
        comment(2, body_html="<p>مقال ممتاز</p>", language="ar"),
        first,
    ]
    server.reactions = [
        {"kind": f"kind{n}", "emoji": "🤝", "label": f"A word for it, the {n}th"} for n in range(8)
    ]
    reasons = [{"code": "spam", "text": "It advertises."}]
    server.own = [
        own(7, status="held"),
        own(8, status="rejected", reasons=reasons),
        own(9, status="screening"),
    ]


@pytest.mark.parametrize(("dark", "width"), [(False, 760), (True, 320)], ids=["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    visit: Callable[..., Page], server: Server, *, dark: bool, width: int
) -> None:
    fill(server)
    page = visit(signed_in=True, dark=dark, width=width)
    expect(page.locator("article")).to_have_count(9)

    for panel in ("report", "reply", "withdraw"):
        page.locator(f"[data-panel={panel}]").first.click()
    found = Axe().run(page)

    assert found.response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_comment_can_be_reported_with_the_keyboard_alone(
    visit: Callable[..., Page], server: Server
) -> None:
    server.answers = {
        f"PUT threads/{row['thread']}/comments/{row['id']}/flag": lambda _: (204, None)
        for row in server.comments
    }
    page = visit(signed_in=True)
    article = page.locator("article").first
    article.get_by_role("button", name="Report").focus()

    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(article).to_contain_text("Reported")
    expect(article).to_be_focused()


def test_a_permalink_marks_its_comment(visit: Callable[..., Page], server: Server) -> None:
    target = server.comments[1]["id"]

    page = visit(address=f"{PAGE}#comment-{target}")

    expect(page.locator(f"[id='comment-{target}']")).to_be_focused()


def test_a_permalink_fetches_the_page_of_its_comment(
    visit: Callable[..., Page], server: Server
) -> None:
    target, above = comment(8, body_html="<p>Long ago.</p>"), comment(9)
    around = {"comment": target, "results": [target], "next": None, "previous": "up"}
    comments = f"GET threads/{target['thread']}/comments"
    server.answers = {
        f"{comments}/{target['id']}/context": lambda _: (200, around),
        comments: lambda _: (200, {"results": [above], "next": None, "previous": None}),
    }
    page = visit(address=f"{PAGE}#comment-{target['id']}")
    expect(page.locator(f"[id='comment-{target['id']}']")).to_be_focused()

    page.get_by_role("button", name="Show the comments above").click()

    expect(page.locator(f"[id='comment-{above['id']}']")).to_be_focused()
    expect(page.locator("article")).to_have_count(2)


def test_comments_are_sorted_with_the_keyboard(visit: Callable[..., Page], server: Server) -> None:
    comments = f"GET threads/{server.comments[0]['thread']}/comments"
    oldest = {"results": server.comments[::-1], "next": None, "previous": None}
    server.answers[comments] = lambda _: (200, oldest)
    page = visit()
    menu = page.get_by_label("Sort comments")
    menu.focus()

    page.keyboard.type("Old")

    expect(menu).to_have_value("oldest")
    expect(page.locator("article").first).to_have_id(f"comment-{server.comments[1]['id']}")
    assert "sort=oldest" in server.calls(comments)[0].url


def test_a_server_that_is_away_can_be_asked_again(
    visit: Callable[..., Page], server: Server
) -> None:
    server.answers["GET threads/lookup"] = lambda _: problem(503, "server_error", "")
    page = visit()
    page.get_by_role("alert").wait_for()
    del server.answers["GET threads/lookup"]

    page.get_by_role("button", name="Try again").click()

    expect(page.locator("article")).to_have_count(2)


def test_all_counts_of_a_listing_are_fetched_together(
    visit: Callable[..., Page], server: Server
) -> None:
    counts = "".join(f'<colloquy-count url="/en/{n}">…</colloquy-count>' for n in range(30))

    page = visit(elements=counts)

    expect(page.get_by_text("12 comments")).to_have_count(30)
    assert len(server.calls("GET counts")) == 2  # the API answers 25 addresses a call


def test_the_page_is_told_when_the_thread_is_ready(visit: Callable[..., Page]) -> None:
    page = visit()
    page.locator("article").first.wait_for()

    told = page.evaluate(
        """() => new Promise(resolve => {
            const thread = document.querySelector('colloquy-thread')
            addEventListener('colloquy:ready', event => resolve(event.detail), {once: true})
            thread.url = 'https://news.example/ko/story'
        })"""
    )

    assert told == {"count": 2}
