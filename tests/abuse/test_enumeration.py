"""Nothing that a stranger asks tells whether an address has an account: not the status, not the
body, not the time, not whether mail goes out. (How long: `python -m tests.abuse.timing`.)
"""

import re

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client

from accounts import even
from tests.accounts.people import ORIGIN, App, Window
from tests.factories import ReaderFactory, SiteFactory

pytestmark = pytest.mark.django_db
KNOWN, UNKNOWN = "known@mail.example", "fresh@mail.example"
PASSWORD = "a long enough one"
WRONG = {"key": "00000000", "password": PASSWORD}


@pytest.fixture(autouse=True)
def somebody(settings):
    settings.ACCOUNT_RATE_LIMITS = {"confirm_email": ""}
    return ReaderFactory(email=KNOWN, password=PASSWORD)


#: What a stranger may ask of allauth's app client, one call after another.
FLOWS = {
    "wrong password": [("auth/login", {"password": "wrong"})],
    "sign-up": [("auth/signup", {"password": PASSWORD}), ("auth/email/verify", {"key": "0"})],
    "sign-up, bad password": [("auth/signup", {"password": "x"})],
    "sign-up by code": [("auth/signup", {}), ("auth/email/verify/resend", {})],
    "sign-up by passkey": [("auth/webauthn/signup", {}), ("auth/email/verify", {"key": "0"})],
    "code": [("auth/code/request", {}), ("auth/code/resend", {})],
    "wrong codes": [("auth/code/request", {}), *[("auth/code/confirm", {"code": "0"})] * 5],
    "reset": [("auth/password/request", {}), *[("auth/password/reset", WRONG)] * 5],
    "no code at all": [("auth/code/request", {}), ("auth/code/confirm", {"code": "--"})],
    "no reset code at all": [
        ("auth/password/request", {}),
        ("auth/password/reset", {**WRONG, "key": "-"}),
    ],
    "reset, bad password": [
        ("auth/password/request", {}),
        ("auth/password/reset", {**WRONG, "password": "x"}),
    ],
}


def answers(flow, email):
    """Status and body of each answer, without what is random; and how many mails went out."""
    app, found = App(), []
    before = len(mail.outbox)
    for number, (path, body) in enumerate(flow):
        answer = app.call(path, {**body, **({} if number else {"email": email})})
        text = re.sub(r'"session_token": "[^"]+"', "", answer.content.decode())
        found.append((answer.status_code, text.replace(email, "…")))
    return found, [list(message.to) == [email] for message in mail.outbox[before:]]


@pytest.mark.parametrize("name", FLOWS)
def test_calls_answer_known_and_unknown_addresses_alike(name):
    assert answers(FLOWS[name], KNOWN) == answers(FLOWS[name], UNKNOWN)


def test_looking_at_a_reset_code_tells_nothing_either():
    found = []
    for email in (KNOWN, UNKNOWN):
        app = App()
        app.call("auth/password/request", {"email": email})
        found.append(
            [
                app.client.get(
                    "/_allauth/app/v1/auth/password/reset",
                    headers={"X-Session-Token": app.token, "X-Password-Reset-Key": "00000000"},
                ).status_code
                for _ in range(5)
            ]
        )

    assert found[0] == found[1]


PAGES = {
    "/accounts/login/": {"login": "", "password": "wrong"},
    "/accounts/signup/": {"email": "", "password1": PASSWORD},
    "/accounts/login/code/": {"email": ""},
    "/accounts/password/reset/": {"email": ""},
}
STEPS = {
    "/accounts/signup/": ("/accounts/confirm-email/", [{"code": "0"}, {"action": "resend"}]),
    "/accounts/login/code/": (
        "/accounts/login/code/confirm/",
        [{"code": "0"}, {"action": "resend"}, {"code": "0"}, {"code": "0"}, {"code": "0"}],
    ),
    "/accounts/password/reset/": (
        "/accounts/password/reset/confirm/",
        [{"code": "0"}, {"code": "0"}, {"code": "0"}, {"code": "0"}],
    ),
}


def seen(page, email):
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.content.decode())
    return page.status_code, page.get("Location"), text.replace(email, "…")


@pytest.mark.parametrize("path", PAGES)
def test_pages_answer_known_and_unknown_addresses_alike(path):
    found = []
    for email in (KNOWN, UNKNOWN):
        client, before = Client(), len(mail.outbox)
        typed = {name: value or email for name, value in PAGES[path].items()}
        pages = [seen(client.post(path, typed), email)]
        next_page, steps = STEPS.get(path, ("", []))
        for step in steps:
            pages += [
                seen(client.get(next_page), email),
                seen(client.post(next_page, step), email),
            ]
        found.append((pages, len(mail.outbox) - before))

    assert found[0] == found[1]


def test_the_popup_answers_known_and_unknown_addresses_alike():
    site, found = SiteFactory(origins=[ORIGIN]), []
    for email in (KNOWN, UNKNOWN):
        window, before = Window(site), len(mail.outbox)
        pages = [
            window.do("address", email=email),
            window.do("resend"),
            *[window.do("code", code="0") for _ in range(4)],
        ]
        texts = [re.sub(r"site=[^\"]+", "", seen(page, email)[2]) for page in pages]
        found.append(([page.status_code for page in pages], texts, len(mail.outbox) - before))

    assert found[0] == found[1]


def test_a_new_address_that_another_has_is_found_out_by_its_owner_only():
    ReaderFactory(email="mover@mail.example", password=PASSWORD)
    found = []
    for email in (KNOWN, UNKNOWN):
        app = App()
        app.call("auth/login", {"email": "mover@mail.example", "password": PASSWORD})
        answer = app.call("account/email", {"email": email})
        text = answer.content.decode().replace(email, "…")
        found.append(
            (answer.status_code, re.sub(r"[\d.]{10,}", "", text), mail.outbox[-1].to == [email])
        )

    assert found[0] == found[1]


# -- time ------------------------------------------------------------------------------------
def test_a_password_is_hashed_for_known_and_unknown_addresses(monkeypatch):
    hashed = []
    honest = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda *given: hashed.append(given[1]) or honest(*given)
    )
    counts = []
    for email in (KNOWN, UNKNOWN):
        for path in ("auth/signup", "auth/login"):
            hashed.clear()
            App().call(path, {"email": email, "password": "quite a long one"})
            counts.append(hashed.count("quite a long one"))

    assert counts == [1, 1, 1, 1]


@pytest.mark.parametrize("email", [KNOWN, UNKNOWN])
@pytest.mark.parametrize("flow", ["sign-up", "code", "reset"])
def test_answers_leave_with_the_beat(settings, monkeypatch, flow, email):
    settings.EVEN_SECONDS = 0.3
    waits = []
    monkeypatch.setattr(even.time, "sleep", waits.append)

    answers(FLOWS[flow], email)

    assert len(waits) == len(FLOWS[flow])
    assert all(0 < seconds < 0.3 for seconds in waits)


def test_who_is_signed_in_or_gives_a_password_does_not_wait(settings, monkeypatch):
    settings.EVEN_SECONDS = 0.3
    waits = []
    monkeypatch.setattr(even.time, "sleep", waits.append)
    browser = Client()
    browser.post("/accounts/login/", {"login": KNOWN, "password": PASSWORD})

    browser.post("/accounts/logout/")

    assert waits == []
