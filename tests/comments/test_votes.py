"""A reader has one vote."""

import threading

import pytest
from django.db import connections

from comments.models import Vote
from comments.services import counting, votes
from comments.states import Status
from tests.factories import CommentFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_vote_repeated_is_one_vote():
    comment, reader = CommentFactory(), UserFactory()

    votes.cast(comment=comment, reader=reader, value=1)
    votes.cast(comment=comment, reader=reader, value=1)

    assert Vote.objects.get().value == 1


def test_a_vote_of_zero_takes_it_back():
    comment, reader = CommentFactory(), UserFactory()
    votes.cast(comment=comment, reader=reader, value=-1)

    votes.cast(comment=comment, reader=reader, value=0)

    assert not Vote.objects.exists()


def test_nobody_votes_on_their_own_comment():
    comment = CommentFactory()

    with pytest.raises(votes.OwnComment):
        votes.cast(comment=comment, reader=comment.author, value=1)


def test_what_is_not_published_takes_no_vote():
    comment = CommentFactory(status=Status.HELD)

    with pytest.raises(votes.NotPublished):
        votes.cast(comment=comment, reader=UserFactory(), value=1)


@pytest.mark.django_db(transaction=True)
def test_the_same_vote_sent_many_times_at_once_is_one_vote():
    comment, reader = CommentFactory(), UserFactory()
    start = threading.Barrier(6, timeout=10)

    def cast():
        try:
            start.wait()
            votes.cast(comment=comment, reader=reader, value=1)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=cast) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    counting.fold()

    comment.refresh_from_db()
    assert (Vote.objects.count(), comment.up_count) == (1, 1)
