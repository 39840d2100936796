"""Tokens: what they open, what ends them, what they never open."""

import time
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.http import Http404
from django.test import Client, RequestFactory
from rest_framework.request import Request

from accounts.models import Token
from accounts.permissions import reader_on
from accounts.services import tokens
from accounts.states import TokenKind
from common import clock
from tests.accounts.people import ORIGIN, App, me
from tests.factories import CommentFactory, ReaderFactory, SiteFactory

pytestmark = pytest.mark.django_db


def test_a_reader_token_says_who_signs_in_by_either_header():
    reader = ReaderFactory()
    _, text = tokens.issue_reader(user=reader, site=SiteFactory())

    by_bearer = me(text)
    by_session_header = Client().get("/api/v1/me", headers={"X-Session-Token": text})

    assert by_bearer.json() == by_session_header.json()
    assert by_bearer.json()["id"] == str(reader.pk)
    assert by_bearer["Cache-Control"] == "no-store"


def test_only_a_hash_of_a_token_is_kept():
    token, text = tokens.issue_reader(user=ReaderFactory(), site=SiteFactory())

    row = Token.objects.filter(pk=token.pk).values().get()

    assert text not in str(row)
    assert len(row["digest"]) == 64


def test_checking_a_token_takes_one_query_and_notes_its_use_once_in_a_while(
    django_assert_num_queries,
):
    token, text = tokens.issue_reader(user=ReaderFactory(), site=SiteFactory())

    with django_assert_num_queries(4):  # two are those of /me
        me(text)
    with django_assert_num_queries(3):
        me(text)
    token.refresh_from_db()
    assert token.last_used_at is not None


def vote(comment, text):
    path = f"/api/v1/threads/{comment.thread_id}/comments/{comment.pk}/vote"
    return Client().put(
        path,
        {"value": 1},
        content_type="application/json",
        headers={"authorization": f"Bearer {text}"},
    )


def test_a_token_is_remembered_for_some_seconds_by_what_many_do_at_once(django_assert_num_queries):
    comment = CommentFactory()
    _, text = tokens.issue_reader(user=ReaderFactory(), site=comment.thread.site)

    assert vote(comment, text).status_code == 200
    with django_assert_num_queries(1):
        assert vote(comment, text).status_code == 200


def test_a_token_revoked_elsewhere_ends_within_five_seconds(monkeypatch):
    comment = CommentFactory()
    token, text = tokens.issue_reader(user=ReaderFactory(), site=comment.thread.site)
    vote(comment, text)
    Token.objects.filter(pk=token.pk).update(revoked_at=clock.now())  # by another process
    now = time.monotonic()
    monkeypatch.setattr(tokens.time, "monotonic", lambda: now + 4.1)

    assert vote(comment, text).json()["code"] == "token_revoked"


def test_a_token_revoked_by_this_process_ends_at_once():
    comment = CommentFactory()
    token, text = tokens.issue_reader(user=ReaderFactory(), site=comment.thread.site)
    vote(comment, text)

    tokens.revoke(token)

    assert vote(comment, text).status_code == 401


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        # given back by its bearer, or ended by an operator
        (lambda token: tokens.revoke(token), "token_revoked"),
        # after thirty days
        (
            lambda token: Token.objects.filter(pk=token.pk).update(expires_at=clock.now()),
            "token_expired",
        ),
        # the password was changed since
        (lambda token: (token.user.set_password("another one"), token.user.save()), "token_stale"),
        # the account was closed
        (
            lambda token: type(token.user).objects.filter(pk=token.user.pk).update(is_active=False),
            "account_inactive",
        ),
    ],
)
def test_a_dead_token_opens_nothing_and_says_why(spoil, code):
    token, text = tokens.issue_reader(user=ReaderFactory(), site=SiteFactory())

    spoil(token)
    answer = me(text)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code


@pytest.mark.parametrize(
    "text", ["cqr_guessed", "cqa_guessed", "nonsense", "cqr_" + "a" * 200, "é"]
)
def test_a_guessed_token_is_unknown(text):
    answer = me(text)

    assert answer.status_code == 401
    assert answer.json()["code"] == "token_unknown"


def test_nobody_signed_in_is_told_how_to_sign_in():
    answer = Client().get("/api/v1/me")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_token_lives_thirty_days():
    _, text = tokens.issue_reader(user=ReaderFactory(), site=SiteFactory())

    with time_machine.travel(clock.now() + timedelta(days=29, hours=23), tick=False):
        late = me(text).status_code
    with time_machine.travel(clock.now() + timedelta(days=30, seconds=1), tick=False):
        too_late = me(text).status_code

    assert (late, too_late) == (200, 401)


@pytest.mark.parametrize(
    ("issued_to", "sent", "status"),
    [
        (ORIGIN, ORIGIN, 200),
        (ORIGIN, None, 200),  # no browser, or a read of the page's own origin
        (ORIGIN, "https://other.example", 401),
        (ORIGIN, "https://news.example:8443", 401),
        (ORIGIN, "https://news.example.evil.example", 401),
        (ORIGIN, "null", 401),
        ("", "https://other.example", 200),  # issued by command, bound to none
    ],
)
def test_a_token_issued_to_an_origin_is_refused_from_any_other(issued_to, sent, status):
    _, text = tokens.issue_reader(user=ReaderFactory(), site=SiteFactory(), origin=issued_to)

    answer = me(text, **({"Origin": sent} if sent else {}))

    assert answer.status_code == status
    if status == 401:
        assert answer.json()["code"] == "wrong_origin"


def test_a_reader_token_serves_on_its_own_site_and_no_other():
    here, elsewhere = SiteFactory(), SiteFactory()
    token, _ = tokens.issue_reader(user=ReaderFactory(), site=here)
    request = Request(RequestFactory().post("/"))
    request.user, request.auth = token.user, token

    assert reader_on(request, here) == token.user
    with pytest.raises(Http404):
        reader_on(request, elsewhere.pk)


def test_an_app_token_serves_on_every_site(mailoutbox):
    app = App()
    app.sign_up("ada@mail.example")
    token = tokens.find(app.token)
    request = Request(RequestFactory().post("/"))
    request.user, request.auth = token.user, token

    assert reader_on(request, SiteFactory()) == token.user


def test_a_reader_token_is_no_session_cookie():
    _, text = tokens.issue_reader(user=ReaderFactory(), site=SiteFactory())
    browser = Client()
    browser.cookies["sessionid"] = text

    assert browser.get("/api/v1/me").status_code == 401
    assert browser.get("/_allauth/browser/v1/auth/session").status_code == 401
    assert browser.get("/accounts/").status_code == 302


def test_a_reader_token_is_useless_at_allauth():
    _, text = tokens.issue_reader(user=ReaderFactory(), site=SiteFactory())

    for headers in ({"X-Session-Token": text}, {"Authorization": f"Bearer {text}"}):
        for path in ("auth/session", "account/email", "account/authenticators"):
            answer = Client().get(f"/_allauth/app/v1/{path}", headers=headers)
            assert answer.status_code in {401, 410}
            assert answer.json().get("meta", {}).get("is_authenticated") is not True


def test_a_publishers_key_is_nobody_here():
    answer = me("cq_a-publishers-key")

    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"


def test_ending_all_tokens_of_an_account_ends_both_kinds(mailoutbox):
    app = App()
    app.sign_up("ada@mail.example")
    user = tokens.find(app.token).user
    _, reader_token = tokens.issue_reader(user=user, site=SiteFactory())

    tokens.revoke_all(user)

    assert me(app.token).status_code == 401
    assert me(reader_token).status_code == 401
    assert app.call("auth/session", method="get").status_code == 410


def test_the_database_refuses_a_reader_token_without_a_site():
    token, _ = tokens.issue_reader(user=ReaderFactory(), site=SiteFactory())

    with pytest.raises(IntegrityError), transaction.atomic():
        Token.objects.filter(pk=token.pk).update(site=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Token.objects.filter(pk=token.pk).update(kind=TokenKind.APP)


def test_giving_a_token_back_ends_it_and_only_it():
    reader, site = ReaderFactory(), SiteFactory()
    _, mine = tokens.issue_reader(user=reader, site=site)
    _, other = tokens.issue_reader(user=reader, site=site)

    answer = Client().post("/api/v1/auth/revoke", headers={"Authorization": f"Bearer {mine}"})

    assert (answer.status_code, answer.content) == (204, b"")
    assert me(mine).status_code == 401
    assert me(other).status_code == 200


def test_purging_forgets_what_has_expired():
    old, _ = tokens.issue_reader(user=ReaderFactory(), site=SiteFactory())
    new, _ = tokens.issue_reader(user=ReaderFactory(), site=SiteFactory())
    Token.objects.filter(pk=old.pk).update(expires_at=clock.now() - timedelta(seconds=1))

    assert tokens.purge() == 1
    assert list(Token.objects.all()) == [new]


def test_a_first_party_page_may_read_by_its_cookie_and_write_with_csrf_only():
    reader = ReaderFactory()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(reader)

    read = browser.get("/api/v1/me")
    forged = browser.patch("/api/v1/me", {"name": "Eve"}, content_type="application/json")
    browser.get("/accounts/")  # its sign-out form brings the CSRF cookie
    meant = browser.patch(
        "/api/v1/me",
        {"name": "Ada"},
        content_type="application/json",
        headers={"X-CSRFToken": browser.cookies["csrftoken"].value},
    )

    assert read.status_code == 200
    assert (forged.status_code, forged.json()["code"]) == (403, "csrf_failed")
    assert (meant.status_code, meant.json()["name"]) == (200, "Ada")
