"""The sign-in window's code reaches the page that asked for it, and no other."""

import base64
import hashlib
import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.widget.conftest import API, PAGE, Server

pytestmark = pytest.mark.requires_browser

EXCHANGE = "POST auth/exchange"
WINDOW = """<!doctype html><title>Sign in</title><script>
  opener.postMessage({type: 'colloquy:code', code: 'the code'}, 'https://news.example')
</script>"""


WAY_BACK = """<!doctype html><title>Sign in</title><script>
  if (opener) throw new Error('not cut off')
  const {searchParams} = new URL(location.href)
  location.replace(searchParams.get('return') + '#colloquy-code=abc')
</script>"""


def open_window(page: Page, html: str = WINDOW) -> Page:
    """Click the button; the window that opens shows `html`."""
    page.context.route(
        f"{API}/signin/widget**", lambda route: route.fulfill(body=html, content_type="text/html")
    )
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in").click()
    return popup.value


def test_a_code_and_its_verifier_become_a_session(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit()

    window = open_window(page)

    expect(page.locator("[part=account]")).to_contain_text("Signed in as Robin")
    expect(page.get_by_role("textbox")).to_be_focused()
    asked = parse_qs(urlsplit(window.url).query)
    [call] = server.calls(EXCHANGE)
    sent = json.loads(call.post_data or "")
    hashed = hashlib.sha256(sent["verifier"].encode()).digest()
    assert sent["code"] == "the code"
    assert asked["challenge"] == [base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()]
    assert (asked["site"], asked["origin"]) == (["site"], ["https://news.example"])


def test_a_code_from_another_origin_is_not_taken(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit()
    open_window(page, html="")

    page.evaluate("postMessage({type: 'colloquy:code', code: 'theirs'}, '*')")
    page.wait_for_timeout(200)

    assert server.calls(EXCHANGE) == []


def test_a_code_in_the_address_is_taken_up_and_cleared(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit()
    page.get_by_role("button", name="Sign in").wait_for()
    verifier = json.dumps(f"colloquy:verifier:{API}")
    page.evaluate(f"sessionStorage[{verifier}] = 'kept-verifier'")

    page.goto("about:blank")
    page.goto(f"{PAGE}#colloquy-code=abc")

    expect(page.locator("[part=account]")).to_contain_text("Signed in as Robin")
    assert page.url == PAGE
    [call] = server.calls(EXCHANGE)
    assert json.loads(call.post_data or "") == {"code": "abc", "verifier": "kept-verifier"}


def test_a_window_that_was_cut_off_signs_its_page_in_and_closes(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit(isolated=True)

    window = open_window(page, html=WAY_BACK)

    expect(page.locator("[part=account]")).to_contain_text("Signed in as Robin")
    expect(page.get_by_role("textbox")).to_be_focused()
    if not window.is_closed():
        window.wait_for_event("close")
    assert len(server.calls(EXCHANGE)) == 1


def test_signing_out_forgets_the_token_at_once(visit: Callable[..., Page], server: Server) -> None:
    server.answers["POST auth/revoke"] = lambda _: (204, None)
    page = visit(signed_in=True)

    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_text("Sign in to join the conversation")).to_be_visible()
    [call] = server.calls("POST auth/revoke")
    assert call.headers["authorization"] == "Bearer token"
    assert page.evaluate("Object.keys(localStorage)") == []
