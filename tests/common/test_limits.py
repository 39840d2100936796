"""Rate limits as callers of the API meet them."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import cache as django_cache
from django.db import connection
from django.test import Client

from accounts.models import User
from accounts.services import handover, tokens
from comments.models import Comment
from common import buckets, clock
from common.buckets import Shared
from common.cache import circuit
from common.limits import spoken
from publishers.services import keys
from tests.factories import CommentFactory, ReaderFactory, SiteFactory, ThreadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread():
    return ThreadFactory()


@pytest.fixture
def few(settings):
    """Two comments a minute for everybody, and room enough for networks."""
    limit(settings, "posting", account=[(2, 60)], address=[(100, 60)])
    settings.NEW_ACCOUNT_SHARE = 1


def limit(settings, policy, **rates):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, policy: rates}


class Reader:
    """A reader of one site with a token, at some address."""

    def __init__(self, site, **headers):
        self.user = ReaderFactory()
        token = tokens.issue_reader(user=self.user, site=site)[1]
        self.client = Client(headers={"authorization": f"Bearer {token}", **headers})

    def send(self, method, path, body=None, **more):
        return getattr(self.client, method)(
            f"/api/v1{path}", json.dumps(body), content_type="application/json", **more
        )

    def post(self, thread, text, **more):
        return self.send("post", f"/threads/{thread.pk}/comments", {"body": text}, **more)


def statuses(answers):
    return [answer.status_code for answer in answers]


def test_who_posts_too_quickly_is_told_when_to_try_again(few, thread):
    reader = Reader(thread.site)
    reader.post(thread, "One.")
    reader.post(thread, "Two.")

    answer = reader.post(thread, "Three.")

    assert answer.status_code == 429
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Retry-After"] == "30"
    assert answer["Cache-Control"] == "no-store"
    assert answer.json() == {
        "type": "urn:colloquy:problem:rate_limited",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "You are posting quickly. Try again in 30 seconds; your text is kept.",
        "code": "rate_limited",
        "errors": [],
    }
    assert Comment.objects.count() == 2


@pytest.mark.parametrize(("language", "words"), [("ko", "30초"), ("ja", "30秒")])
def test_the_wait_is_told_in_the_readers_language(few, thread, language, words):
    reader = Reader(thread.site, accept_language=language)
    reader.post(thread, "One.")
    reader.post(thread, "Two.")

    assert words in reader.post(thread, "Three.").json()["detail"]


def test_a_page_of_the_publisher_may_read_when_to_try_again(few):
    site = SiteFactory(origins=["https://news.example"])
    thread = ThreadFactory(site=site)
    reader = Reader(site, origin="https://news.example")
    reader.post(thread, "One.")
    reader.post(thread, "Two.")

    answer = reader.post(thread, "Three.")

    assert answer.status_code == 429
    assert answer["Access-Control-Allow-Origin"] == "https://news.example"
    assert "Retry-After" in answer["Access-Control-Expose-Headers"]


def test_one_reader_does_not_use_up_anothers_limit(few, thread):
    quick, calm = Reader(thread.site), Reader(thread.site)
    for number in range(3):
        quick.post(thread, f"Quick {number}.")

    assert calm.post(thread, "Calm.").status_code == 201


def test_reading_is_not_limited(few, thread):
    reader = Reader(thread.site)
    for number in range(3):
        reader.post(thread, f"Quick {number}.")

    assert reader.client.get(f"/api/v1/threads/{thread.pk}/comments").status_code == 200
    assert reader.client.get(f"/api/v1/me/threads/{thread.pk}").status_code == 200


def test_a_new_account_has_half(settings, thread):
    limit(settings, "posting", account=[(4, 60)])
    newcomer, regular = Reader(thread.site), Reader(thread.site)
    User.objects.filter(pk=regular.user.pk).update(joined_at=clock.now() - timedelta(hours=25))

    new = [newcomer.post(thread, f"New {number}.") for number in range(5)]
    known = [regular.post(thread, f"Known {number}.") for number in range(5)]

    assert statuses(new) == [201, 201, 429, 429, 429]
    assert statuses(known) == [201, 201, 201, 201, 429]


def test_a_household_counts_as_one(settings, thread):
    settings.TRUSTED_PROXIES = 1
    limit(settings, "posting", address=[(2, 60)])

    def post_from(address):
        return Reader(thread.site, x_forwarded_for=address).post(thread, f"From {address}.")

    assert post_from("2001:db8:1:2::1").status_code == 201
    assert post_from("2001:db8:1:2::2").status_code == 201
    refused = post_from("2001:db8:1:2:ffff::3")
    assert refused.status_code == 429
    assert "your network" in refused.json()["detail"]
    assert post_from("2001:db8:1:3::1").status_code == 201


def test_a_made_up_address_changes_nothing(settings, thread):
    settings.TRUSTED_PROXIES = 1
    limit(settings, "posting", address=[(2, 60)])
    readers = [
        Reader(thread.site, x_forwarded_for=f"10.0.0.{number}, 203.0.113.9") for number in range(4)
    ]

    answers = [reader.post(thread, f"From {n}.") for n, reader in enumerate(readers)]

    assert statuses(answers) == [201, 201, 429, 429]


def test_a_site_has_its_share(settings, thread):
    limit(settings, "posting_here", site=[(2, 60)])
    elsewhere = ThreadFactory()

    answers = [Reader(thread.site).post(thread, f"Reader {number}.") for number in range(3)]

    assert statuses(answers) == [201, 201, 429]
    assert "This site is very busy" in answers[2].json()["detail"]
    assert Reader(elsewhere.site).post(elsewhere, "Elsewhere.").status_code == 201


def test_a_key_sent_again_is_answered_when_the_limit_is_used_up(few, thread):
    reader = Reader(thread.site)
    first = reader.post(thread, "One.", headers={"idempotency-key": "one"})
    reader.post(thread, "Two.", headers={"idempotency-key": "two"})

    again = reader.post(thread, "One.", headers={"idempotency-key": "one"})
    fresh = reader.post(thread, "Three.", headers={"idempotency-key": "three"})

    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert fresh.status_code == 429


def test_a_key_sent_again_is_not_counted_again(few, thread):
    reader = Reader(thread.site)
    again = [reader.post(thread, "One.", headers={"idempotency-key": "one"}) for _ in range(5)]

    answers = [reader.post(thread, text) for text in ("Two.", "Three.")]

    assert statuses(again) == [201] * 5
    assert statuses(answers) == [201, 429]


def test_a_key_does_not_free_what_is_not_once_only(settings, thread):
    limit(settings, "previewing", account=[(2, 60)])
    settings.NEW_ACCOUNT_SHARE = 1
    reader = Reader(thread.site)

    answers = [
        reader.send("post", "/render", {"body": "Text."}, headers={"idempotency-key": "one"})
        for _ in range(3)
    ]

    assert statuses(answers) == [200, 200, 429]


def test_a_refused_key_may_be_used_again(few, thread, settings):
    reader = Reader(thread.site)
    for number in range(3):
        reader.post(thread, f"Post {number}.", headers={"idempotency-key": f"{number}"})
    django_cache.clear()  # a minute later

    again = reader.post(thread, "Post 2.", headers={"idempotency-key": "2"})

    assert again.status_code == 201


def test_switched_off_there_is_no_limit(few, thread, settings):
    settings.RATE_LIMITS_ON = False
    reader = Reader(thread.site)

    answers = [reader.post(thread, f"Post {number}.") for number in range(6)]

    assert statuses(answers) == [201] * 6


def test_each_kind_of_writing_is_limited(settings, thread):
    reader = Reader(thread.site)
    theirs = CommentFactory(thread=thread)
    mine = CommentFactory(thread=thread, author=reader.user)
    path = f"/threads/{thread.pk}/comments"
    calls = {
        "editing": ("patch", f"{path}/{mine.pk}", {"body": "New."}),
        "voting": ("put", f"{path}/{theirs.pk}/vote", {"value": 1}),
        "reporting": ("put", f"{path}/{theirs.pk}/flag", {"reason": "spam"}),
        "previewing": ("post", "/render", {"body": "Text."}),
        "own_account": ("patch", "/me", {"locale": "ko"}),
    }

    for policy, call in calls.items():
        limit(settings, policy, account=[(1, 60)])
        assert reader.send(*call).status_code < 300, policy
        assert reader.send(*call).status_code == 429, policy


def test_withdrawing_counts_with_editing(settings, thread):
    limit(settings, "editing", account=[(1, 60)])
    settings.NEW_ACCOUNT_SHARE = 1
    reader = Reader(thread.site)
    mine = [CommentFactory(thread=thread, author=reader.user) for _ in range(2)]

    answers = [
        reader.send("delete", f"/threads/{thread.pk}/comments/{comment.pk}") for comment in mine
    ]

    assert statuses(answers) == [204, 429]


def test_exchanging_codes_is_limited_by_network(settings, client):
    limit(settings, "signing_in", address=[(2, 60)])
    body = {"code": "none", "verifier": handover.challenge_of("x") + "x"}

    answers = [
        client.post("/api/v1/auth/exchange", json.dumps(body), content_type="application/json")
        for _ in range(3)
    ]

    assert statuses(answers) == [400, 400, 429]


def test_a_publishers_server_is_limited_by_its_site(settings, client):
    limit(settings, "publishing", site=[(2, 60)])
    site = SiteFactory()

    def put(text):
        return client.put(
            "/api/v1/publisher/articles/story",
            "{}",
            content_type="application/json",
            headers={"authorization": f"Bearer {text}"},
        )

    own = [
        put(keys.issue(site=site, name="one")[1]) for _ in range(3)
    ]  # whichever key of the site it is
    others = put(keys.issue(site=SiteFactory(), name="one")[1])

    assert statuses(own) == [400, 400, 429]
    assert others.status_code == 400


def test_without_the_cache_posting_goes_on_within_the_limit_of_the_process(
    few, thread, monkeypatch
):
    away = Shared("redis://127.0.0.1:1/0", "test:")
    monkeypatch.setattr(buckets, "_shared", lambda: away)
    reader = Reader(thread.site)

    answers = [reader.post(thread, f"Post {number}.") for number in range(3)]

    circuit.close()
    assert statuses(answers) == [201, 201, 429]


@pytest.mark.django_db(transaction=True)
def test_fifty_posts_at_once_let_exactly_the_limit_pass(settings):
    limit(settings, "posting", account=[(7, 3600)])
    settings.NEW_ACCOUNT_SHARE = 1
    thread = ThreadFactory()
    reader = Reader(thread.site)

    def post(number):
        try:
            return reader.post(thread, f"Post {number}.").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(post, range(50)))

    assert sorted(answers) == [201] * 7 + [429] * 43
    assert Comment.objects.count() == 7


def test_what_sign_in_counts_goes_by_the_same_address(settings):
    settings.TRUSTED_PROXIES = 1
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}
    body = json.dumps({"email": "nobody@mail.example", "password": "wrong"})

    def sign_in(forwarded):
        return Client(headers={"x-forwarded-for": forwarded}).post(
            "/_allauth/app/v1/auth/login", body, content_type="application/json"
        )

    answers = [sign_in(f"10.0.0.{number}, 203.0.113.9") for number in range(3)]

    assert statuses(answers) == [400, 400, 429]
    assert sign_in("203.0.113.10").status_code == 400


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (60, "1 minute"),
        (40, "40 seconds"),
        (99, "99 seconds"),
        (100, "2 minutes"),
        (180, "3 minutes"),
    ],
)
def test_waits_are_told_as_one_says_them(seconds, words):
    assert spoken(seconds) == words
