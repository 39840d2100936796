"""Counts follow what they count, exactly, whoever folds and how often."""

import threading
from functools import partial

import pytest
from django.db import connection, transaction

from comments.models import Comment, Tally, Thread, Vote
from comments.services import counting, lifecycle, votes
from comments.states import Counted, Status
from tests.factories import CommentFactory, ThreadFactory, UserFactory
from tests.together import at_once

pytestmark = pytest.mark.django_db


def fold():
    while counting.fold():
        pass


def post(thread, parent=None, **fields):
    return lifecycle.post(
        author=UserFactory(), thread=thread, body="One more voice.", parent=parent, **fields
    )


def cast(comment, *, reader, value):
    votes.cast(thread_id=comment.thread_id, comment_id=comment.pk, reader=reader, value=value)


def counts(*comments):
    fold()
    return [Comment.objects.get(pk=each.pk).reply_count for each in comments]


def test_a_published_comment_is_counted_by_its_thread_and_its_language():
    thread = ThreadFactory()
    post(thread, edition="ko")
    post(thread, edition="en")

    fold()

    thread.refresh_from_db()
    assert thread.comment_count == 2
    assert {row.language: row.comment_count for row in thread.languages.all()} == {
        "en": 2  # Latin letters on a Korean page are English
    }


def test_what_only_a_newer_release_counts_is_left_for_its_workers():
    thread = ThreadFactory()
    post(thread)
    Tally.objects.create(thread=thread, counted="applause", amount=1)

    fold()

    thread.refresh_from_db()
    assert thread.comment_count == 1
    assert [each.counted for each in Tally.objects.all()] == ["applause"]


def test_a_reply_is_counted_by_all_its_ancestors():
    thread = ThreadFactory()
    root = post(thread)
    reply = post(thread, root)
    deeper = post(thread, reply)
    deepest = post(thread, deeper)

    assert counts(root, reply, deeper, deepest) == [3, 2, 1, 0]


def test_a_reply_that_is_withdrawn_is_counted_no_more_but_its_replies_are():
    thread = ThreadFactory()
    root = post(thread)
    reply = post(thread, root)
    deeper = post(thread, reply)

    lifecycle.withdraw(reply.pk, author=reply.author)

    assert counts(root, reply, deeper) == [1, 1, 0]


def test_a_held_comment_is_not_counted():
    thread = ThreadFactory()
    comment = post(thread)
    lifecycle.move(comment.pk, Status.HELD, actor=None)

    fold()

    thread.refresh_from_db()
    assert thread.comment_count == 0


def test_what_goes_and_comes_again_is_counted_once():
    thread = ThreadFactory()
    comment = post(thread)
    for status in (Status.HELD, Status.PUBLISHED, Status.REJECTED, Status.PUBLISHED):
        lifecycle.move(comment.pk, status, actor=None)

    fold()

    thread.refresh_from_db()
    assert thread.comment_count == 1


def test_votes_are_counted_as_they_change():
    comment = CommentFactory()
    first, second = UserFactory(), UserFactory()

    cast(comment, reader=first, value=1)
    cast(comment, reader=second, value=1)
    cast(comment, reader=second, value=-1)
    cast(comment, reader=first, value=0)
    fold()

    comment.refresh_from_db()
    assert (comment.up_count, comment.down_count) == (0, 1)


def test_counts_are_folded_while_the_cache_is_away(settings):
    thread = ThreadFactory()
    post(thread)
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1",  # nothing listens there
        }
    }

    fold()

    thread.refresh_from_db()
    assert thread.comment_count == 1


def test_a_fold_with_nothing_to_do_does_nothing():
    assert counting.fold() == 0


def test_a_threads_version_moves_with_every_publication_and_every_fold():
    thread = ThreadFactory()

    def version():
        return sum(slot.version for slot in thread.slots.all())

    before = version()
    post(thread)
    posted = version()
    fold()

    assert before < posted < version()


@pytest.mark.django_db(transaction=True)
def test_folds_beside_each_other_and_beside_votes_lose_nothing():
    comment = CommentFactory()
    readers = [UserFactory() for _ in range(12)]

    def vote_and_fold(mine):
        for reader in mine:
            for value in (1, -1, 1):
                cast(comment, reader=reader, value=value)
            counting.fold()

    at_once(*[partial(vote_and_fold, readers[n::4]) for n in range(4)])
    fold()

    comment.refresh_from_db()
    assert (comment.up_count, comment.down_count) == (12, 0)
    assert Vote.objects.count() == 12
    assert not Tally.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_posts_beside_each_other_do_not_wait_for_one_row():
    """Two transactions that each post into one thread can both be open."""
    thread = ThreadFactory()
    inside = threading.Barrier(2, timeout=10)

    def write():
        author = UserFactory(email=f"{threading.get_ident()}@mail.example")
        with transaction.atomic():
            lifecycle.post(author=author, thread=thread, body="Meanwhile, in the harbour.")
            inside.wait()

    at_once(*[write] * 2)
    fold()

    assert Thread.objects.get(pk=thread.pk).comment_count == 2


def test_a_fold_looks_rows_up_by_their_ids_though_the_planner_believes_that_there_are_none():
    believed_empty = "UPDATE pg_class SET relpages = 3000, reltuples = 0 WHERE relname = %s"
    with connection.cursor() as cursor:
        cursor.execute(believed_empty, ["comments_tally"])
        cursor.execute(f"EXPLAIN {counting.ADD_UP}", [Counted.values, counting.FOLDED_AT_ONCE])
        plan = "\n".join(line for (line,) in cursor.fetchall())

    delete = plan[plan.index("Delete on comments_tally") : plan.index("CTE in_threads")]
    assert "Join" not in delete and "Nested Loop" not in delete
