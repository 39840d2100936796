"""Mobile: allauth's app client under our tokens."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import Token, User
from tests.accounts.people import ORIGIN, App, code_from_mail, me
from tests.factories import ReaderFactory

pytestmark = pytest.mark.django_db


def test_a_reader_signs_up_by_code_and_the_same_token_opens_the_api(mailoutbox):
    app = App()

    asked = app.call("auth/signup", {"email": "ada@mail.example", "name": "Ada"})
    verified = app.call("auth/email/verify", {"key": code_from_mail()})

    assert asked.status_code == 401
    assert verified.json()["meta"]["is_authenticated"] is True
    assert verified.json()["data"]["user"]["display"] == "Ada"
    assert app.token.startswith("cqa_")
    assert me(app.token).json()["name"] == "Ada"


def test_a_sign_up_without_a_name_gets_one_that_says_nothing_of_the_address(mailoutbox):
    App().sign_up("jane.roe.1984@mail.example")

    newcomer = User.objects.get()
    assert newcomer.name.startswith("Reader ")
    assert newcomer.name_made_up


def test_a_reader_signs_in_by_code_and_by_password(mailoutbox):
    ReaderFactory(email="ada@mail.example", password="a long enough one")
    by_code, by_password = App(), App()

    by_code.call("auth/code/request", {"email": "ada@mail.example"})
    first = by_code.call("auth/code/confirm", {"code": code_from_mail()})
    second = by_password.call(
        "auth/login", {"email": "ada@mail.example", "password": "a long enough one"}
    )

    assert first.status_code == second.status_code == 200
    assert me(by_code.token).status_code == me(by_password.token).status_code == 200


def test_the_token_is_not_the_session_key_and_no_cookie(mailoutbox):
    app = App()
    app.sign_up("ada@mail.example")
    browser = Client()
    browser.cookies["sessionid"] = app.token

    assert not Session.objects.filter(session_key=app.token).exists()
    assert browser.get("/api/v1/me").status_code == 401
    assert browser.get("/_allauth/browser/v1/auth/session").status_code == 401


def test_signing_in_changes_the_token(mailoutbox):
    app = App()
    app.call("auth/signup", {"email": "ada@mail.example"})
    before = app.token

    early = me(before)
    app.call("auth/email/verify", {"key": code_from_mail()})

    assert (early.status_code, early.json()["code"]) == (401, "token_unknown")
    assert app.token != before
    assert me(before).status_code == 401
    assert me(app.token).status_code == 200


def test_an_unchanged_session_keeps_its_token(mailoutbox):
    app = App()
    app.sign_up("ada@mail.example")
    token = app.token

    app.call("auth/session", method="get")
    app.call("account/email", method="get")

    assert app.token == token
    assert Token.objects.count() == 1


def test_logging_out_ends_the_token_everywhere(mailoutbox):
    app = App()
    app.sign_up("ada@mail.example")

    app.call("auth/session", method="delete")

    assert me(app.token).status_code == 401
    assert app.call("auth/session", method="get").status_code == 410
    assert not Token.objects.exists()


def test_giving_the_token_back_ends_its_session_too(mailoutbox):
    app = App()
    app.sign_up("ada@mail.example")

    answer = Client().post("/api/v1/auth/revoke", headers={"Authorization": f"Bearer {app.token}"})

    assert answer.status_code == 204
    assert not Session.objects.exists()
    assert app.call("auth/session", method="get").status_code == 410


def test_a_changed_password_ends_the_other_devices_tokens():
    ReaderFactory(email="ada@mail.example", password="a long enough one")
    here, elsewhere = App(), App()
    for app in (here, elsewhere):
        app.call("auth/login", {"email": "ada@mail.example", "password": "a long enough one"})

    here.call(
        "account/password/change",
        {"current_password": "a long enough one", "new_password": "quite another one"},
    )

    assert me(here.token).status_code == 200
    assert me(elsewhere.token).status_code == 401
    assert elsewhere.call("auth/session", method="get").status_code in {401, 410}


def test_a_closed_account_is_out_at_once(mailoutbox):
    app = App()
    app.sign_up("ada@mail.example")

    User.objects.update(is_active=False)

    assert me(app.token).json()["code"] == "account_inactive"
    assert app.call("auth/session", method="get").status_code == 410


def test_an_app_token_is_refused_wherever_an_origin_is_sent(mailoutbox):
    app = App()
    app.sign_up("ada@mail.example")

    at_api = me(app.token, Origin=ORIGIN)
    at_allauth = app.client.get(
        "/_allauth/app/v1/auth/session", headers={"X-Session-Token": app.token, "Origin": ORIGIN}
    )

    assert (at_api.status_code, at_api.json()["code"]) == (401, "wrong_origin")
    assert at_allauth.status_code == 403


def test_no_page_can_start_signing_in_through_the_app_client(mailoutbox):
    answer = Client().post(
        "/_allauth/app/v1/auth/code/request",
        {"email": "ada@mail.example"},
        content_type="application/json",
        headers={"Origin": ORIGIN},
    )

    assert answer.status_code == 403
    assert "session_token" not in answer.content.decode()
    assert not mailoutbox


def test_known_and_unknown_addresses_get_the_same_answer(mailoutbox):
    ReaderFactory(email="known@mail.example")
    answers = []

    for email in ("known@mail.example", "fresh@mail.example"):
        app = App()
        answer = app.call("auth/code/request", {"email": email})
        answers.append((answer.status_code, answer.json()["data"]))

    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"email":' * 100_000,
        b'{"email": ' + b"9" * 5_000 + b"}",
        b'{"email": NaN}',
        b'{"email": "ada@mail.example", "password": "\\ud800 half a character"}',
        b'"\xff"',
    ],
)
@pytest.mark.parametrize("page", ["auth/login", "auth/signup", "auth/code/request"])
def test_a_body_that_breaks_parsers_is_refused(client, page, body):
    answer = client.post(f"/_allauth/app/v1/{page}", body, content_type="application/json")

    assert answer.status_code == 400
