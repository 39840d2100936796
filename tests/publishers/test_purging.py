"""What changed for the public is purged from the CDN: batched, in time, safe twice."""

from datetime import timedelta

import pytest
import time_machine

from accounts.services import profile
from articles.services import publishing
from comments.services import counting, lifecycle, telling
from common import cdn, clock
from common.outbound import Unreachable
from outbox.models import OutboxRow
from outbox.services import relay
from publishers.services import purging
from tests.factories import ArticleFactory, CommentFactory, EditionFactory, ThreadFactory

pytestmark = pytest.mark.django_db
TASK = "publishers.purge_answers"


@pytest.fixture
def told(settings, monkeypatch):
    """A CDN that notes each list of keys; it does not answer while `told.away`."""

    class Told(list):
        away = False

    told = Told()

    def purge(url, token, keys):
        if told.away:
            raise Unreachable("cdn.example")
        told.append(list(keys))

    settings.CDN_PURGER, settings.CDN_SECONDS = "varnish", 60
    settings.CDN_PURGE_URLS = ["http://cdn.example/"]
    monkeypatch.setitem(cdn.PURGERS, "varnish", cdn.Purger("Surrogate-Control", 100, purge))
    return told


@pytest.fixture
def time():
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False) as time:
        yield time


def rows():
    return OutboxRow.objects.filter(task=TASK).open()


def test_many_changes_are_told_at_once_each_key_once(told, time):
    purging.purge_soon("thread-1", "article-2")
    purging.purge_soon("thread-1")
    time.shift(purging.AFTER_SECONDS)

    relay.drain(TASK)

    assert told == [["article-2", "thread-1"]]
    assert not rows().exists()


def test_nothing_is_told_while_the_edge_may_still_give_the_old_answer(told, time):
    purging.purge_soon("thread-1")
    time.shift(1.4)
    relay.drain(TASK)
    assert told == []

    time.shift(0.1)
    relay.drain(TASK)

    assert told == [["thread-1"]]


def test_without_a_cdn_nothing_is_recorded(time):
    purging.purge_soon("thread-1")

    assert not rows().exists()


def test_a_cdn_that_is_away_is_told_as_soon_as_it_answers_and_no_try_counts(told, time):
    purging.purge_soon("thread-1")
    purging.purge_soon("thread-2")
    told.away = True
    for _ in range(3):
        time.shift(2)
        relay.drain(TASK)
    assert {row.attempts for row in rows()} == {0}

    told.away = False
    time.shift(2)
    relay.drain(TASK)

    assert told == [["thread-1", "thread-2"]]


def test_what_has_gone_by_itself_is_no_longer_told(told, time):
    purging.purge_soon("thread-1")
    time.shift(60 + purging.AFTER_SECONDS)

    relay.drain(TASK)

    assert told == []
    assert not rows().exists()


def keys():
    return {key for row in rows() for key in row.payload["keys"]}


def test_whatever_readers_see_of_a_thread_purges_it(told):
    comment = CommentFactory.create()
    for change in (
        lambda: lifecycle.withdraw(comment.pk, author=comment.author),
        lambda: counting.tell_soon(comment.thread_id),
    ):
        rows().delete()
        change()
        counting.fold()

        assert keys() == {f"thread-{comment.thread_id}"}


def test_who_listens_is_told_once_the_cdn_has_forgotten(told, time, settings, monkeypatch):
    settings.LIVE_URL = "https://live.example/stream"
    heard = []
    monkeypatch.setattr(
        telling, "_publish", lambda said: heard.extend(each.thread for each in said)
    )
    comment = CommentFactory.create()
    counting.fold()
    time.shift(purging.AFTER_SECONDS)
    relay.drain(TASK)
    relay.drain("outbox.deliver")
    assert (heard, len(told)) == ([], 1)

    time.shift(0.5)
    relay.drain("outbox.deliver")

    assert heard == [str(comment.thread_id)]


def test_an_article_that_is_taken_back_is_purged(told):
    edition = EditionFactory.create(article=ArticleFactory.create())

    publishing.unpublish(article=edition.article)

    assert f"article-{edition.article_id}" in keys()


def test_a_new_name_purges_the_threads_it_stands_in_once_the_edge_has_forgotten_it(told, time):
    comment = CommentFactory.create()
    CommentFactory.create(thread=ThreadFactory.create())
    rows().delete()
    profile.change(comment.author, name="Another Name")
    relay.drain("outbox.deliver")
    assert keys() == set()

    time.shift(5)
    relay.drain("outbox.deliver")

    assert keys() == {f"thread-{comment.thread_id}"}
    assert clock.now() + timedelta(seconds=1) < rows().get().due_at
