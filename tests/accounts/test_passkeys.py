"""Passkeys without a device: what is asked of one, and what is made of answers that are none."""

import json

import pytest
from django.test import Client

from tests.accounts.people import ORIGIN, App, Window, handed_over
from tests.factories import ReaderFactory, SiteFactory

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough one"
CREDENTIAL = {
    "id": "YWJj",
    "rawId": "YWJj",
    "type": "public-key",
    "response": {
        "clientDataJSON": "e30",
        "authenticatorData": "YWJj",
        "signature": "YWJj",
        "userHandle": "YWJj",
    },
}
NO_CREDENTIALS = [
    CREDENTIAL,
    {**CREDENTIAL, "response": {**CREDENTIAL["response"], "userHandle": None}},
    {**CREDENTIAL, "response": {**CREDENTIAL["response"], "userHandle": 7}},
    {**CREDENTIAL, "response": {**CREDENTIAL["response"], "userHandle": "AAAA"}},
    {**CREDENTIAL, "response": {**CREDENTIAL["response"], "clientDataJSON": "YWJj"}},
    {**CREDENTIAL, "response": {**CREDENTIAL["response"], "clientDataJSON": [1]}},
    {**CREDENTIAL, "response": {}},
    {**CREDENTIAL, "response": []},
    {**CREDENTIAL, "response": None},
    {**CREDENTIAL, "id": 7, "rawId": {}},
    {**CREDENTIAL, "rawId": "\u0000"},
    {**CREDENTIAL, "extra": "x" * 10_000},
    {},
    [],
    [CREDENTIAL],
    "YWJj",
    7,
    None,
    True,
]


@pytest.mark.parametrize("answer", NO_CREDENTIALS)
def test_an_answer_that_is_none_signs_nobody_in(answer):
    page, window, app = Client(), Window(SiteFactory(origins=[ORIGIN])), App()
    for client in (page, window.client):
        client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
    app.call("auth/webauthn/login", method="get")

    on_page = page.post("/accounts/2fa/webauthn/login/", {"credential": json.dumps(answer)})
    in_popup = window.do("passkey", credential=json.dumps(answer))
    in_app = app.call("auth/webauthn/login", {"credential": answer})

    assert on_page["Location"] == "/accounts/login/"
    assert in_popup.status_code == 200
    assert "That passkey did not work here." in in_popup.content.decode()
    assert handed_over(in_popup) is None
    assert in_app.status_code == 400


@pytest.mark.parametrize("answer", NO_CREDENTIALS)
def test_an_answer_that_is_none_adds_no_passkey(answer):
    reader = ReaderFactory(email="ada@mail.example", password=PASSWORD)
    page, app = Client(), App()
    page.post("/accounts/login/", {"login": reader.email, "password": PASSWORD})
    page.get("/accounts/2fa/webauthn/add/")
    app.call("auth/login", {"email": reader.email, "password": PASSWORD})
    app.call("account/authenticators/webauthn?passwordless", method="get")

    on_page = page.post("/accounts/2fa/webauthn/add/", {"credential": json.dumps(answer)})
    in_app = app.call("account/authenticators/webauthn", {"name": "", "credential": answer})

    assert (on_page.status_code, in_app.status_code) == (200, 400)
    assert not reader.authenticator_set.exists()


@pytest.mark.parametrize("text", ["[" * 100_000, '{"id": ' + "9" * 5_000 + "}", "NaN", "{", ""])
@pytest.mark.parametrize("page", ["/accounts/2fa/webauthn/login/", "/accounts/2fa/webauthn/add/"])
def test_a_text_that_breaks_parsers_is_refused(page, text):
    reader = Client()
    reader.force_login(ReaderFactory())

    answer = reader.post(page, {"credential": text})

    assert answer.status_code in {302, 400}


def test_a_passkey_is_of_our_host_and_wants_its_owner():
    app = App(host="localhost:8000")

    asked = app.call("auth/webauthn/login", method="get").json()["data"]["request_options"]

    assert asked["publicKey"]["rpId"] == "localhost"
    assert asked["publicKey"]["userVerification"] == "required"
    assert asked["publicKey"].get("allowCredentials", []) == []


def test_the_address_that_signs_up_is_not_told_from_one_that_has_an_account(mailoutbox):
    ReaderFactory(email="known@mail.example")
    answers = []
    for email in ("known@mail.example", "fresh@mail.example"):
        app = App()
        signed_up = app.call("auth/webauthn/signup", {"email": email})
        page = Client().post("/accounts/signup/passkey/", {"email": f"x{email}"})
        answers.append((signed_up.status_code, signed_up.json()["data"], page["Location"]))

    assert answers[0] == answers[1]


def test_passkey_calls_are_limited(settings):
    settings.MFA_RATE_LIMITS = {"webauthn_login": "2/m/ip"}
    window = Window(SiteFactory(origins=[ORIGIN]))

    pages = [window.do("passkey", credential="{}").content.decode() for _ in range(3)]

    assert ["Too many tries" in page for page in pages] == [False, False, True]
