"""A reader has one vote."""

import pytest
from django.http import Http404

from comments.models import Vote
from comments.services import counting, votes
from comments.states import Status
from tests.factories import CommentFactory, SiteFactory, UserFactory
from tests.together import at_once

pytestmark = pytest.mark.django_db


def cast(comment, *, reader, value):
    votes.cast(thread_id=comment.thread_id, comment_id=comment.pk, reader=reader, value=value)


def test_a_vote_repeated_is_one_vote():
    comment, reader = CommentFactory(), UserFactory()

    cast(comment, reader=reader, value=1)
    cast(comment, reader=reader, value=1)

    assert Vote.objects.get().value == 1


def test_a_vote_of_zero_takes_it_back():
    comment, reader = CommentFactory(), UserFactory()
    cast(comment, reader=reader, value=-1)

    cast(comment, reader=reader, value=0)

    assert not Vote.objects.exists()


def test_nobody_votes_on_their_own_comment():
    comment = CommentFactory()

    with pytest.raises(votes.OwnComment):
        cast(comment, reader=comment.author, value=1)


def test_what_is_not_published_takes_no_vote():
    comment = CommentFactory(status=Status.HELD)

    with pytest.raises(Http404):
        cast(comment, reader=UserFactory(), value=1)


def test_a_vote_changed_changes_both_counts():
    comment, reader = CommentFactory(), UserFactory()
    cast(comment, reader=reader, value=1)

    cast(comment, reader=reader, value=-1)

    counting.fold()
    comment.refresh_from_db()
    assert (comment.up_count, comment.down_count) == (0, 1)


def test_votes_written_by_plain_sql_are_counted_too():
    comment = CommentFactory()
    Vote.objects.bulk_create(
        Vote(comment=comment, reader=UserFactory(), value=value) for value in (1, 1, -1)
    )
    Vote.objects.filter(value=1).first().delete()

    counting.fold()

    comment.refresh_from_db()
    assert (comment.up_count, comment.down_count) == (1, 1)


def test_a_vote_on_another_site_than_the_readers_is_refused_and_not_stored():
    comment, reader = CommentFactory(), UserFactory()

    with pytest.raises(Http404):
        votes.cast(
            thread_id=comment.thread_id,
            comment_id=comment.pk,
            reader=reader,
            value=1,
            site_id=SiteFactory().pk,
        )

    assert not Vote.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_vote_sent_many_times_at_once_is_one_vote():
    comment, reader = CommentFactory(), UserFactory()

    at_once(*[lambda: cast(comment, reader=reader, value=1)] * 6)
    counting.fold()

    comment.refresh_from_db()
    assert (Vote.objects.count(), comment.up_count) == (1, 1)
