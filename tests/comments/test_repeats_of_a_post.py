"""The same author, place and text within ten seconds is one comment, whoever sends it how often."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from accounts.services import tokens
from comments.models import Comment, RecentPost, Revision, Verdict
from comments.services import lifecycle
from comments.states import ThreadState
from comments.tasks import forget_posts
from common import clock
from outbox.models import OutboxRow
from tests.factories import CommentFactory, ReaderFactory, ThreadFactory
from tests.together import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread():
    return ThreadFactory()


@pytest.fixture
def reader():
    return ReaderFactory()


def post(author, thread, body="Twice is once.", **fields):
    return lifecycle.post(author=author, thread=thread, body=body, **fields)


def test_the_same_text_again_is_the_same_comment(reader, thread):
    first = post(reader, thread)

    again = post(reader, thread)

    assert again.pk == first.pk
    assert Comment.objects.count() == 1
    assert (Revision.objects.count(), Verdict.objects.count()) == (1, 1)
    assert OutboxRow.objects.count() == 1


def test_the_answer_is_the_same_again(reader, thread):
    _, text = tokens.issue_reader(user=reader, site=thread.site)

    def send():
        return Client().post(
            f"/api/v1/threads/{thread.pk}/comments",
            {"body": "Twice is once."},
            content_type="application/json",
            headers={"authorization": f"Bearer {text}"},
        )

    first, again = send(), send()

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first["Location"] == again["Location"]


@pytest.mark.parametrize(
    "differs",
    [
        # in its author, its place, its text, its moment
        lambda reader, first: post(ReaderFactory(), first.thread),
        lambda reader, first: post(reader, ThreadFactory()),
        lambda reader, first: post(reader, first.thread, parent=first),
        lambda reader, first: post(reader, first.thread, body="Twice is twice."),
        lambda reader, first: later(lambda: post(reader, first.thread)),
    ],
)
def test_what_differs_is_another_comment(reader, thread, differs):
    first = post(reader, thread)

    other = differs(reader, first)

    assert other.pk != first.pk


def later(act):
    with time_machine.travel(clock.now() + timedelta(seconds=10.1), tick=False):
        return act()


def test_what_was_withdrawn_may_be_said_again_at_once(reader, thread):
    first = post(reader, thread)
    lifecycle.withdraw(first.pk, author=reader)

    assert post(reader, thread).pk != first.pk


def test_a_thread_closed_elsewhere_takes_no_comment_whatever_is_remembered_of_it(reader, thread):
    type(thread).objects.filter(pk=thread.pk).update(state=ThreadState.CLOSED)

    with pytest.raises(lifecycle.ThreadClosed):
        post(reader, thread)

    assert not Comment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_text_many_times_at_once_is_one_comment():
    parent, reader = CommentFactory(), ReaderFactory()

    posted = at_once(*[lambda: post(reader, parent.thread, parent=parent).pk] * 8)

    assert len(posted) == 8
    assert len(set(posted)) == 1
    assert parent.replies.count() == 1


def test_a_double_click_in_a_slow_thread_is_not_told_to_wait():
    thread, reader = ThreadFactory(slow_seconds=60), ReaderFactory()
    _, text = tokens.issue_reader(user=reader, site=thread.site)

    def send(body):
        return Client().post(
            f"/api/v1/threads/{thread.pk}/comments",
            {"body": body},
            content_type="application/json",
            headers={"authorization": f"Bearer {text}"},
        )

    first, again, another = send("Twice is once."), send("Twice is once."), send("And more.")

    assert (first.status_code, again.status_code, another.status_code) == (201, 201, 429)
    assert again.json()["id"] == first.json()["id"]


def test_what_is_compared_no_longer_is_forgotten_and_the_comments_stay(reader, thread, monkeypatch):
    monkeypatch.setattr("comments.tasks.FORGOTTEN_AT_ONCE", 1)
    with time_machine.travel(clock.now() - timedelta(minutes=2), tick=False):
        post(reader, thread, "Long ago.")
        post(reader, thread, "Also long ago.")
    fresh = post(reader, thread, "Just now.")

    forget_posts()

    assert [each.comment_id for each in RecentPost.objects.all()] == [fresh.pk]
    assert Comment.objects.count() == 3
    assert post(reader, thread, "Just now.").pk == fresh.pk
