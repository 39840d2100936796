"""In front of the account pages: limits, proof of work, and mail domains."""

import html
import json
import re
from datetime import timedelta

import altcha
import pytest
import time_machine
from django.test import Client

from accounts import risk
from accounts.models import MailDomain, User
from accounts.services import challenges, mail_domains, pressure
from accounts.states import MailStanding
from common import clock
from tests.accounts.people import ORIGIN, App, Window, code_from_mail
from tests.accounts.solving import encoded, solve
from tests.factories import ReaderFactory, SiteFactory

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough one"


@pytest.fixture(autouse=True)
def quick(settings):
    settings.CHALLENGE = {"cost": 10, "tries": 20, "seconds": 300}


@pytest.fixture
def always(settings):
    settings.CHALLENGES = "always"


def call(path, body, solution="", address="203.0.113.1", client="app"):
    return Client(REMOTE_ADDR=address).post(
        f"/_allauth/{client}/v1/{path}",
        json.dumps(body),
        content_type="application/json",
        headers={"X-Challenge-Solution": solution} if solution else {},
    )


def challenge_of(answer):
    assert answer.status_code == 403
    assert answer["Cache-Control"] == "no-store"
    assert answer.json()["errors"][0]["code"] == "challenge_required"
    return answer.json()["data"]["challenge"]


# -- who is challenged -------------------------------------------------------------------------
CALLS = {
    "auth/login": {"email": "ada@mail.example", "password": PASSWORD},
    "auth/signup": {"email": "ada@mail.example"},
    "auth/code/request": {"email": "ada@mail.example"},
    "auth/password/request": {"email": "ada@mail.example"},
}
PAGES = {
    "/accounts/login/": {"login": "ada@mail.example", "password": PASSWORD},
    "/accounts/signup/": {"email": "ada@mail.example", "password1": PASSWORD},
    "/accounts/login/code/": {"email": "ada@mail.example"},
    "/accounts/password/reset/": {"email": "ada@mail.example"},
}


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("client", ["app", "browser"])
def test_a_call_is_answered_once_its_challenge_is_solved(always, path, client):
    asked = call(path, CALLS[path], client=client)
    again = call(path, CALLS[path], solve(challenge_of(asked)), client=client)

    assert again.status_code in {400, 401, 200}
    assert "challenge" not in again.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_sends_what_was_typed_again_with_the_solution(always, path, client):
    asked = client.post(path, PAGES[path])
    page = asked.content.decode()
    fields = dict(re.findall(r'type="hidden" name="([a-z0-9_]+)" value="([^"]*)"', page))
    challenge = json.loads(html.unescape(re.search(r'data-challenge="([^"]+)"', page)[1]))
    again = client.post(path, {**fields, "challenge_solution": solve(challenge)})

    assert asked.status_code == 403
    assert asked["Cache-Control"] == "no-store"
    assert fields.items() >= PAGES[path].items()
    assert again.status_code in {200, 302}


def test_the_popup_asks_in_its_own_language_and_keeps_its_opener(always, mailoutbox):
    window = Window(SiteFactory(origins=[ORIGIN]), lang="ko")

    asked = window.do("address", email="ada@mail.example")

    assert asked.status_code == 403
    assert asked["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert 'lang="ko"' in asked.content.decode()
    assert not mailoutbox


def test_a_reader_like_any_other_is_asked_for_nothing():
    assert call("auth/code/request", CALLS["auth/code/request"]).status_code == 401


def test_a_network_that_asks_a_lot_has_to_work_and_others_do_not(settings):
    for number in range(risk.NETWORK_ASKS):
        pressure.note_ask(block="203.0.113.1", email=f"r{number}@mail.example", is_mailed=True)

    challenge_of(call("auth/code/request", {"email": "new@mail.example"}))
    elsewhere = call("auth/code/request", {"email": "new@mail.example"}, address="203.0.113.2")
    settings.CHALLENGES = "never"
    never = call("auth/code/request", {"email": "new@mail.example"})

    assert (elsewhere.status_code, never.status_code) == (401, 401)


def test_a_flooded_mailbox_costs_work_however_it_is_written():
    for number in range(risk.MAILBOX_ASKS):
        call(
            "auth/code/request", {"email": f"a.da+{number}@gmail.com"}, address=f"192.0.2.{number}"
        )

    challenge_of(call("auth/code/request", {"email": "ada@gmail.com"}))


def test_known_and_unknown_addresses_are_challenged_alike():
    ReaderFactory(email="known@mail.example", password=PASSWORD)
    for email in ("known@mail.example", "unknown@mail.example"):
        for number in range(risk.ACCOUNT_FAILURES):
            wrong = {"email": email, "password": "wrong"}
            call("auth/login", wrong, address=f"192.0.2.{number}")

    for email in ("known@mail.example", "unknown@mail.example"):
        challenge_of(call("auth/login", {"email": email, "password": PASSWORD}))


# -- what a solution is good for ---------------------------------------------------------------
def test_a_solution_works_once(always):
    body = CALLS["auth/login"]
    solution = solve(challenge_of(call("auth/login", body)))

    first, second = call("auth/login", body, solution), call("auth/login", body, solution)

    assert first.status_code == 400  # no such account
    challenge_of(second)


@pytest.mark.parametrize(
    "changed",
    [
        {"path": "auth/code/request", "body": {"email": "ada@mail.example"}},  # another purpose
        {"body": {"email": "eve@mail.example", "password": PASSWORD}},  # another account
        {"address": "203.0.113.9"},  # another network
    ],
)
def test_a_solution_is_good_for_what_it_was_made_for(always, changed):
    asked = {"path": "auth/login", "body": CALLS["auth/login"]}
    solution = solve(challenge_of(call(**asked)))

    challenge_of(call(**(asked | changed), solution=solution))


def test_a_solution_has_its_time(always):
    solution = solve(challenge_of(call("auth/login", CALLS["auth/login"])))

    with time_machine.travel(clock.now() + timedelta(seconds=301)):
        challenge_of(call("auth/login", CALLS["auth/login"], solution))


def test_what_is_no_solution_is_asked_for_again(always):
    body = CALLS["auth/login"]
    challenge = challenge_of(call("auth/login", body))
    easier = {**challenge, "parameters": {**challenge["parameters"], "cost": 1}}
    own = altcha.create_challenge("PBKDF2/SHA-256", 1, counter=1, hmac_secret="a guess").to_dict()
    own["parameters"]["data"] = {"tries": 5}
    wrong = {"challenge": challenge, "solution": {"counter": 21, "derivedKey": "00"}}
    attempts = [
        *("x", "e30=", encoded([]), encoded({"challenge": 1, "solution": 2}), "A" * 5_000),
        *(encoded(wrong), encoded({**wrong, "challenge": {**challenge, "signature": None}})),
        *(solve(own), encoded({**wrong, "challenge": easier})),
        encoded({"challenge": {"parameters": []}, "solution": []}),
        encoded({**wrong, "solution": {"counter": -1, "derivedKey": []}}),
        encoded({**wrong, "challenge": {**challenge, "parameters": {"nonce": {"a": [None]}}}}),
    ]

    for attempt in attempts:
        challenge_of(call("auth/login", body, attempt))


def test_a_challenge_tells_neither_address_nor_network(always):
    challenge = challenge_of(call("auth/login", CALLS["auth/login"]))

    assert "ada@" not in json.dumps(challenge)
    assert "mail.example" not in json.dumps(challenge)
    assert "203.0.113" not in json.dumps(challenge)


def test_the_server_spends_a_hundredth_of_what_it_asks_for(settings):
    settings.CHALLENGE = {"cost": 1_000, "tries": 500, "seconds": 300}
    parameters = challenges.make(purpose="sign_in", who="x")["parameters"]

    assert (parameters["cost"], parameters["data"]["tries"]) == (1_000, 500)
    assert len(parameters["keyPrefix"]) == 32  # one number fits, wherever it is


# -- nobody is locked out by a stranger -------------------------------------------------------
def test_a_strangers_failures_do_not_close_the_owners_door():
    ReaderFactory(email="ada@mail.example", password=PASSWORD)
    right = {"email": "ada@mail.example", "password": PASSWORD}
    wrong = {**right, "password": "wrong"}

    tries = [call("auth/login", wrong, address="192.0.2.1").status_code for _ in range(8)]
    stranger = call("auth/login", right, address="192.0.2.1")
    owner = call("auth/login", right)
    if owner.status_code == 403:
        owner = call("auth/login", right, solve(challenge_of(owner)))

    assert set(tries) <= {400, 403}
    assert stranger.status_code in {400, 403}, "not even with the right one"
    assert owner.status_code == 200


def test_guessing_from_many_networks_costs_each_guess_some_work():
    ReaderFactory(email="ada@mail.example", password=PASSWORD)
    wrong = {"email": "ada@mail.example", "password": "wrong"}

    answers = [call("auth/login", wrong, address=f"192.0.2.{n}").status_code for n in range(9)]

    assert answers == [400] * risk.ACCOUNT_FAILURES + [403] * (9 - risk.ACCOUNT_FAILURES)


def test_a_stranger_who_asks_for_codes_does_not_keep_the_owner_from_one(mailoutbox):
    ReaderFactory(email="ada@mail.example")
    body = {"email": "ada@mail.example"}

    stranger = [call("auth/code/request", body, address="192.0.2.1").status_code for _ in range(5)]
    owner = call("auth/code/request", body)

    assert stranger == [401] * 3 + [429] * 2
    assert owner.status_code == 401
    assert len(mailoutbox) == 4


# -- mail domains ----------------------------------------------------------------------------
@pytest.fixture
def rules():
    for domain, standing in {
        "refused.example": MailStanding.REFUSED,
        "good.refused.example": MailStanding.ALLOWED,
        "doubted.example": MailStanding.DOUBTED,
        "yopmail.com": MailStanding.ALLOWED,
    }.items():
        MailDomain.objects.create(domain=domain, standing=standing)


@pytest.mark.parametrize(
    ("email", "standing"),
    [
        ("a@mail.example", MailStanding.ALLOWED),
        ("a@mailinator.com", MailStanding.REFUSED),  # the built-in list
        ("a@any.mailinator.com", MailStanding.REFUSED),
        ("a@yopmail.com", MailStanding.ALLOWED),  # operators' rules go first
        ("a@REFUSED.example", MailStanding.REFUSED),
        ("a@sub.refused.example", MailStanding.REFUSED),
        ("a@good.refused.example", MailStanding.ALLOWED),  # the nearest rule
        ("a@notrefused.example", MailStanding.ALLOWED),
        ("a@doubted.example", MailStanding.DOUBTED),
    ],
)
def test_the_nearest_rule_of_a_domain_holds(rules, email, standing, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert mail_domains.standing(email) is standing


def test_a_refused_domain_opens_no_account_and_tells_nothing_of_who_has_one(rules, mailoutbox):
    ReaderFactory(email="known@refused.example")

    answers = [
        App().call("auth/signup", {"email": f"{who}@refused.example", "password": PASSWORD})
        for who in ("known", "unknown")
    ]

    faults = [(answer.status_code, answer.json()["errors"]) for answer in answers]
    assert faults[0] == faults[1]
    assert faults[0][1][0]["code"] == "mail_refused"
    assert "another address" in faults[0][1][0]["message"]
    assert User.objects.count() == 1


def test_at_the_popup_a_newcomer_hears_it_after_proving_the_address_and_a_regular_never(
    rules, mailoutbox
):
    ReaderFactory(email="known@refused.example", name="Ada")
    site = SiteFactory(origins=[ORIGIN])
    pages = {}

    for who in ("known", "unknown"):
        window = Window(site)
        window.do("address", email=f"{who}@refused.example")
        pages[who] = window.do("code", code=code_from_mail()).content.decode()

    assert "data-code" in pages["known"]
    assert "We cannot take addresses of this mail provider." in pages["unknown"]
    assert User.objects.count() == 1


def test_nobody_moves_to_a_refused_domain_and_everybody_may_reset(rules, mailoutbox):
    app = App()
    app.sign_up("ada@mail.example")
    ReaderFactory(email="known@refused.example", password=PASSWORD)

    moved = app.call("account/email", {"email": "ada@refused.example"})
    reset = App().call("auth/password/request", {"email": "known@refused.example"})

    assert moved.status_code == 400
    assert moved.json()["errors"][0]["code"] == "mail_refused"
    assert reset.status_code == 401
    assert mailoutbox[-1].to == ["known@refused.example"]
