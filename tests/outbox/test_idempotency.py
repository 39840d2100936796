"""The same request under the same key gets the first answer, however often and at once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts.services import tokens
from comments.models import Comment
from common import clock
from outbox.models import IdempotencyRecord
from tests.factories import ReaderFactory, SiteFactory, ThreadFactory
from tests.together import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread():
    return ThreadFactory()


@pytest.fixture
def poster(client, thread):
    """Posts to the thread under a key; gives the answer."""
    _, text = tokens.issue_reader(user=ReaderFactory(), site=thread.site)

    def post(key, body="Once and only once.", **headers):
        return client.post(
            f"/api/v1/threads/{thread.pk}/comments",
            {"body": body},
            content_type="application/json",
            headers={"authorization": f"Bearer {text}", "idempotency-key": key, **headers},
        )

    return post


def test_the_same_key_and_body_get_the_first_answer_again(poster):
    first = poster("key-1")

    again = poster("key-1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Location"] == first["Location"]
    assert again["ETag"] == first["ETag"]
    assert Comment.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(poster):
    poster("key-1")

    other = poster("key-1", body="Something else.")

    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"
    assert Comment.objects.count() == 1


def test_a_refused_request_leaves_its_key_free(poster):
    refused = poster("key-1", body="")

    accepted = poster("key-1", body="Now with words.")

    assert (refused.status_code, accepted.status_code) == (400, 201)


def test_keys_of_two_readers_are_apart(poster, client, thread):
    _, text = tokens.issue_reader(user=ReaderFactory(), site=thread.site)
    poster("key-1")

    other = poster("key-1", authorization=f"Bearer {text}")

    assert other.status_code == 201
    assert Comment.objects.count() == 2


@pytest.mark.parametrize("key", ["", "two words", "ключ", "x" * 256])
def test_a_key_that_is_none_is_refused(poster, key):
    assert poster(key).json()["code"] == "bad_idempotency_key"


@pytest.mark.django_db(transaction=True)
def test_a_request_whose_first_is_still_at_work_waits_and_is_then_told(poster, thread):
    reader = ReaderFactory()
    _, text = tokens.issue_reader(user=reader, site=thread.site)
    taken, done = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                IdempotencyRecord.objects.create(
                    owner=f"user:{reader.pk}", key="key-1", fingerprint="?"
                )
                taken.set()
                done.wait(10)
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait(10)
    try:
        answer = poster("key-1", authorization=f"Bearer {text}")
    finally:
        done.set()
        holder.join(10)

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_in_use")
    assert answer["Retry-After"] == "1"


@pytest.mark.django_db(transaction=True)
def test_one_key_sent_many_times_at_once_makes_one_comment(thread):
    from django.test import Client

    _, text = tokens.issue_reader(user=ReaderFactory(), site=thread.site)

    def post():
        answer = Client().post(
            f"/api/v1/threads/{thread.pk}/comments",
            {"body": "All at once."},
            content_type="application/json",
            headers={"authorization": f"Bearer {text}", "idempotency-key": "key-1"},
        )
        return answer.status_code, answer.content

    answers = at_once(*[post] * 10)

    assert Comment.objects.count() == 1
    assert len(answers) == 10
    assert len(set(answers)) == 1
    assert answers[0][0] == 201


def test_a_token_of_another_site_is_not_told_the_answer_again(client, thread):
    reader = ReaderFactory()
    answers = []
    for site in (thread.site, SiteFactory()):
        _, text = tokens.issue_reader(user=reader, site=site)
        answers.append(
            client.post(
                f"/api/v1/threads/{thread.pk}/comments",
                {"body": "Once and only once."},
                content_type="application/json",
                headers={"authorization": f"Bearer {text}", "idempotency-key": "key-1"},
            ).status_code
        )

    assert answers == [201, 422]


def test_a_key_whose_life_is_over_is_a_new_key(poster):
    poster("key-1")
    IdempotencyRecord.objects.update(created_at=clock.now() - timedelta(hours=25))

    again = poster("key-1", body="The next day's thought.")

    assert again.status_code == 201
    assert again.json()["body"] == "The next day's thought."
    assert "Idempotency-Replayed" not in again
    assert IdempotencyRecord.objects.count() == 1
