"""What a reader writes is never lost and never posted twice, whatever the server answers."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.widget.conftest import THREAD, Server, own, problem

pytestmark = pytest.mark.requires_browser

FUNNY = {"kind": "funny", "emoji": "😄", "label": "Funny"}
POST = f"POST threads/{THREAD}/comments"


def write(page: Page, text: str) -> None:
    page.get_by_role("textbox").first.fill(text)
    page.get_by_role("button", name="Post", exact=True).click()


def test_a_post_appears_at_once_with_its_state(visit: Callable[..., Page], server: Server) -> None:
    server.answers[POST] = lambda _: (201, own(9, status="held"))
    page = visit(signed_in=True)

    write(page, "Thought 9")

    posted = page.locator("article").first
    expect(posted).to_contain_text("waiting for a moderator. Only you can see it.")
    expect(posted).to_be_focused()
    expect(page.get_by_role("textbox").first).to_have_value("")


def test_a_rejected_comment_tells_its_author_why(
    visit: Callable[..., Page], server: Server
) -> None:
    reasons = [{"code": "spam", "text": "It advertises."}]
    server.own = [own(9, status="rejected", reasons=reasons)]

    page = visit(signed_in=True)

    expect(page.locator("article").first).to_contain_text("It advertises.")


def test_a_session_that_ends_while_typing_keeps_the_text(
    visit: Callable[..., Page], server: Server
) -> None:
    server.answers[POST] = lambda _: problem(401, "not_authenticated", "Sign in first.")
    page = visit(signed_in=True)

    write(page, "A long thought")

    expect(page.get_by_role("alert")).to_contain_text("your text is kept")
    expect(page.get_by_role("textbox").first).to_have_value("A long thought")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_reader_who_is_too_fast_is_told_how_long_to_wait(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit(signed_in=True)

    for said, shown in (
        ("This conversation is in slow mode.", "This conversation is in slow mode."),
        ("", "Try again in 40 seconds"),  # a proxy in between knows no sentence of ours
    ):
        refusal = problem(429, "rate_limited", said, **{"Retry-After": "40"})
        server.answers[POST] = lambda _, refusal=refusal: refusal
        write(page, "Quick")

        expect(page.get_by_role("alert")).to_contain_text(shown)
        expect(page.get_by_role("textbox").first).to_have_value("Quick")


def test_trying_again_after_a_lost_answer_sends_the_same_key(
    visit: Callable[..., Page], server: Server
) -> None:
    server.answers[POST] = lambda _: problem(503, "server_error", "")
    page = visit(signed_in=True)
    write(page, "Once")
    page.get_by_role("alert").wait_for()
    server.answers[POST] = lambda _: (201, own(9))

    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.locator("article")).to_have_count(3)
    write(page, "Another")
    expect(page.get_by_role("textbox").first).to_have_value("")

    first, second, other = (call.headers["idempotency-key"] for call in server.calls(POST))
    assert first == second != other


def test_a_draft_outlives_a_reload(visit: Callable[..., Page]) -> None:
    page = visit(signed_in=True)
    page.get_by_role("textbox").first.fill("Half a thou")

    page.reload()

    expect(page.get_by_role("textbox").first).to_have_value("Half a thou")


@pytest.mark.parametrize(
    ("path", "name", "before"),
    [("vote", "Vote up", "Vote up, 3 votes"), ("reactions/funny", "Funny", "Funny, 2 so far")],
)
def test_a_vote_or_reaction_that_is_refused_is_taken_back(
    visit: Callable[..., Page], server: Server, path: str, name: str, before: str
) -> None:
    server.reactions = [FUNNY]
    server.comments[1]["reactions"] = {"funny": 2}
    call = f"PUT threads/{THREAD}/comments/{server.comments[1]['id']}/{path}"
    server.answers[call] = lambda _: problem(503, "server_error", "")
    page = visit(signed_in=True)
    second = page.locator("article").nth(1)

    second.get_by_role("button", name=name).click()

    expect(second.get_by_role("alert")).to_be_visible()
    expect(second.get_by_role("button", name=before)).to_have_attribute("aria-pressed", "false")


def test_a_reaction_is_given_and_taken_back_with_the_keyboard(
    visit: Callable[..., Page], server: Server
) -> None:
    server.reactions = [FUNNY]
    path = f"threads/{THREAD}/comments/{server.comments[0]['id']}/reactions/funny"
    server.answers = {f"{method} {path}": lambda _: (204, None) for method in ("PUT", "DELETE")}
    page = visit(signed_in=True)
    button = page.locator("article").first.get_by_role("button", name="Funny")
    button.focus()

    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_have_accessible_name("Funny, 1 so far")
    page.keyboard.press("Space")
    expect(button).to_have_attribute("aria-pressed", "false")

    expect(button).to_have_accessible_name("Funny, 0 so far")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_what_became_of_a_post_is_said_aloud(visit: Callable[..., Page], server: Server) -> None:
    page = visit(signed_in=True)

    for number, (status, sentence) in enumerate(
        (
            ("published", "Your comment is published."),
            ("screening", "Your comment is being checked. Only you can see it."),
            ("held", "Your comment is waiting for a moderator. Only you can see it."),
        )
    ):
        posted = own(7 + number, status=status)
        server.answers[POST] = lambda _, posted=posted: (201, posted)
        write(page, f"Thought {7 + number}")

        expect(page.get_by_role("status").first).to_have_text(sentence)


def test_the_focus_stays_beside_a_comment_that_its_author_withdraws(
    visit: Callable[..., Page], server: Server
) -> None:
    server.own = [own(9)]
    server.answers[f"DELETE threads/{THREAD}/comments/{own(9)['id']}"] = lambda _: (204, None)
    page = visit(signed_in=True)
    expect(page.locator("article")).to_have_count(3)
    name = page.locator("article").nth(1).get_attribute("id")

    page.get_by_role("button", name="Withdraw", exact=True).click()
    page.get_by_role("button", name="Withdraw it").click()

    expect(page.locator(f"[id='{name}']")).to_be_focused()
    expect(page.get_by_role("status").first).to_have_text(
        "This comment was withdrawn by its author."
    )
