"""A page that signs its readers in by itself tells the thread who reads, and is asked to."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.widget.conftest import PAGE, Server, problem

pytestmark = pytest.mark.requires_browser

SSO = "POST auth/sso"
ASKED = """() => {
  window.asked = []
  addEventListener('colloquy:signin-request', event => {
    event.preventDefault()
    asked.push(event.detail)
  })
}"""


def jwt(number: int = 1, **claims: Any) -> str:
    """The number-th token of a reader. It need not be signed: no server looks at it here."""
    said = {"sub": "reader-7", "name": "주니퍼?>~", **claims, "jti": str(number), "iat": number}
    parts = ({"alg": "HS256"}, said, {})
    coded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return ".".join(part.rstrip("=") for part in coded)


def element(token: str) -> str:
    return f'<colloquy-thread url="{PAGE}" sso-token="{token}"></colloquy-thread>'


@pytest.fixture(autouse=True)
def signs_on(server: Server) -> None:
    expires = {"expires_at": "2999-01-01T00:00:00Z"}
    server.answers[SSO] = lambda request: (
        200,
        {"token": f"cqr_{len(server.calls(SSO))}"} | expires,
    )
    server.answers["POST auth/revoke"] = lambda request: (204, None)


def set_token(page: Page, token: str) -> None:
    page.evaluate("token => { document.querySelector('colloquy-thread').ssoToken = token }", token)


def test_a_token_on_the_page_signs_its_reader_in(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit(elements=element(jwt()))

    expect(page.locator("[part=account]")).to_contain_text("Signed in as Robin")
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    [call] = server.calls(SSO)
    assert json.loads(call.post_data or "") == {"token": jwt(), "site": "site"}


def test_the_same_reader_is_not_signed_in_anew_on_each_page(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit(elements=element(jwt(1)))
    expect(page.locator("[part=account]")).to_be_visible()

    set_token(page, jwt(2))
    page.wait_for_timeout(200)

    assert len(server.calls(SSO)) == 1
    set_token(page, jwt(3, may_comment=False))
    expect(page.locator("[part=account]")).to_be_visible()
    page.wait_for_timeout(200)
    assert len(server.calls(SSO)) == 2


def test_an_empty_token_signs_out_whom_the_publisher_had_signed_in(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit(elements=element(jwt()))
    expect(page.locator("[part=account]")).to_be_visible()

    set_token(page, "")

    expect(page.get_by_text("Sign in to join the conversation")).to_be_visible()
    [call] = server.calls("POST auth/revoke")
    assert call.headers["authorization"] == "Bearer cqr_1"
    assert page.evaluate("Object.keys(localStorage)") == []


def test_an_empty_token_leaves_who_signed_in_by_themselves(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit(elements=element(""), signed_in=True)

    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert server.calls("POST auth/revoke") == []


def test_a_token_that_is_refused_leaves_nobody_signed_in(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit(elements=element(jwt()))
    expect(page.locator("[part=account]")).to_be_visible()
    server.answers[SSO] = lambda request: problem(400, "sso_token_invalid", "No.")

    set_token(page, jwt(2, sub="reader-8"))

    expect(page.get_by_role("alert")).to_contain_text("Signing in did not work.")
    expect(page.locator("[part=account]")).to_have_count(0)


def test_the_page_may_show_its_own_sign_in_and_the_reader_goes_on_where_they_were(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit(elements=element(""))
    page.evaluate(ASKED)

    page.get_by_role("button", name="Sign in").click()
    assert page.evaluate("asked") == [{"ended": False}]
    assert len(page.context.pages) == 1
    set_token(page, jwt())

    expect(page.get_by_role("textbox")).to_be_focused()


def test_the_page_is_told_when_the_sign_in_ends_and_may_renew_it(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit(elements=element(jwt()))
    page.evaluate(ASKED)
    page.get_by_role("textbox").fill("A fine bridge.")
    ended = problem(401, "token_expired", "This sign-in has expired. Please sign in again.")
    server.answers[f"POST threads/{server.comments[0]['thread']}/comments"] = lambda _: ended

    page.get_by_role("button", name="Post").click()
    page.wait_for_function("asked.length")
    set_token(page, jwt(2))

    expect(page.locator("[part=account]")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_value("A fine bridge.")
    assert page.evaluate("asked") == [{"ended": True}]
    assert len(server.calls(SSO)) == 2
