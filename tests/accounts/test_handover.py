"""The popup's one-time code and the token it is swapped for."""

from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client

from accounts.models import SigninCode, Token
from accounts.services import handover
from common import clock
from common.errors import Refusal
from tests.accounts.people import ORIGIN, VERIFIER, me
from tests.factories import ReaderFactory, SiteFactory
from tests.together import at_once

pytestmark = pytest.mark.django_db


def given_code(**more):
    return handover.hand_over(
        user=more.pop("user", None) or ReaderFactory(),
        site=more.pop("site", None) or SiteFactory(origins=[ORIGIN]),
        origin=ORIGIN,
        challenge=handover.challenge_of(VERIFIER),
    )


def exchange(code, verifier=VERIFIER, origin=ORIGIN, **more):
    return Client().post(
        "/api/v1/auth/exchange",
        {"code": code, "verifier": verifier, **more},
        content_type="application/json",
        headers={"Origin": origin} if origin else {},
    )


def test_code_and_verifier_give_a_reader_token_for_that_site_and_origin():
    reader, site = ReaderFactory(), SiteFactory(origins=[ORIGIN])

    answer = exchange(given_code(user=reader, site=site))

    assert answer.status_code == 200
    assert set(answer.json()) == {"token", "expires_at"}
    assert answer["Cache-Control"] == "no-store"
    token = Token.objects.get()
    assert (token.user, token.site, token.origin, token.kind) == (reader, site, ORIGIN, "reader")
    assert me(answer.json()["token"], Origin=ORIGIN).status_code == 200


def test_a_code_is_good_still_where_the_database_went_away_before_the_token_was_stored():
    code = given_code()

    def away_at_the_token(execute, sql, *rest):
        if sql.startswith('INSERT INTO "accounts_token"'):
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, *rest)

    with connection.execute_wrapper(away_at_the_token):
        refused = exchange(code)

    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert exchange(code).status_code == 200


def test_a_code_works_once():
    code = given_code()

    first, second = exchange(code), exchange(code)

    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (400, "code_unknown")


def test_a_wrong_verifier_uses_the_code_up():
    code = given_code()

    wrong = exchange(code, verifier="x" * 43)
    right = exchange(code)

    assert (wrong.status_code, wrong.json()["code"]) == (400, "verifier_mismatch")
    assert (right.status_code, right.json()["code"]) == (400, "code_unknown")
    assert not Token.objects.exists()


def test_a_code_is_good_for_a_minute():
    code = given_code()

    with time_machine.travel(clock.now() + timedelta(seconds=61), tick=False):
        answer = exchange(code)

    assert (answer.status_code, answer.json()["code"]) == (400, "code_expired")


def test_every_refused_code_gets_the_same_sentence():
    expired = given_code()
    SigninCode.objects.update(expires_at=clock.now())

    answers = [exchange("guessed"), exchange(expired), exchange(given_code(), verifier="x" * 43)]

    assert len({answer.json()["code"] for answer in answers}) == 3
    assert len({answer.json()["detail"] for answer in answers}) == 1


def test_a_code_is_refused_from_another_origin_and_taken_without_one():
    elsewhere = exchange(given_code(), origin="https://other.example")
    no_browser = exchange(given_code(), origin=None)

    assert (elsewhere.status_code, elsewhere.json()["code"]) == (400, "code_unknown")
    assert no_browser.status_code == 200


def test_a_closed_account_gets_no_token():
    reader = ReaderFactory()
    code = given_code(user=reader)
    type(reader).objects.filter(pk=reader.pk).update(is_active=False)

    assert exchange(code).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "x"},
        {"code": 7, "verifier": VERIFIER},
        {"code": {"$ne": ""}, "verifier": VERIFIER},
        {"code": "x", "verifier": "short"},
        {"code": "x", "verifier": VERIFIER, "site": "another"},
    ],
)
def test_a_malformed_exchange_is_told_which_field_is_wrong(body):
    answer = Client().post("/api/v1/auth/exchange", body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_input"
    assert answer.json()["errors"]


def test_the_challenge_is_the_one_of_the_standard():
    # RFC 7636, appendix B
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert handover.challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.django_db(transaction=True)
def test_of_many_exchanges_at_once_one_wins():
    code = given_code()

    def try_it():
        try:
            handover.exchange(code=code, verifier=VERIFIER, origin=ORIGIN)
        except Refusal as refusal:
            return refusal.code
        return "token"

    outcomes = at_once(*[try_it] * 4)

    assert sorted(outcomes) == ["code_unknown"] * 3 + ["token"]
    assert Token.objects.count() == 1
