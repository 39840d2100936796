"""The worker's look at what waits: many revisions at once, each as if it were the only one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from comments.models import Comment, Thread, Verdict
from comments.services import counting, lifecycle
from comments.states import Status
from moderation.models import Case
from outbox.services import relay
from publishers.states import Screening
from tests.factories import ReaderFactory, SiteFactory, ThreadFactory

pytestmark = pytest.mark.django_db
TEXT = "The council should answer before spring, and say why it took so long."


@pytest.fixture
def thread():
    return ThreadFactory(site=SiteFactory(screening=Screening.SCREEN_FIRST))


def post(thread, body, author=None, parent=None):
    return lifecycle.post(author=author or ReaderFactory(), thread=thread, body=body, parent=parent)


def screened(*comments):
    """The statuses of comments once the worker was there."""
    relay.drain("screen_comment")
    return [Comment.objects.get(pk=each.pk).status for each in comments]


def test_each_of_many_comes_to_its_own_end(thread):
    author = ReaderFactory()
    passed, first = post(thread, f"{TEXT} Soon."), post(thread, TEXT, author)
    elsewhere = ThreadFactory(site=thread.site)
    repeated, gone = post(elsewhere, TEXT, author), post(thread, f"{TEXT} Never mind.")
    lifecycle.withdraw(gone.pk, author=gone.author)

    statuses = screened(passed, first, repeated, gone)

    assert statuses == [Status.PUBLISHED, Status.PUBLISHED, Status.HELD, Status.WITHDRAWN]
    assert Verdict.objects.filter(final=True).count() == 4
    relay.drain("outbox.deliver")
    assert [case.comment_id for case in Case.objects.all()] == [repeated.pk]


def test_what_is_published_together_is_counted_each_in_its_place(thread):
    elsewhere = ThreadFactory(site=thread.site)
    root = post(thread, f"{TEXT} First.")
    screened(root)
    root.refresh_from_db()
    for number in range(3):
        post(thread, f"{TEXT} Reply {number}.", parent=root)
        post(elsewhere, f"{TEXT} Elsewhere {number}.")

    relay.drain("screen_comment")
    counting.fold()

    root.refresh_from_db()
    assert root.reply_count == 3
    assert [Thread.objects.get(pk=each.pk).comment_count for each in (thread, elsewhere)] == [4, 3]


@pytest.mark.parametrize("policy", Screening)
def test_a_comment_more_is_a_statement_more_for_the_phase_that_looks_for_repeats(thread, policy):
    thread.site.screening = policy
    thread.site.save()

    def statements(number):
        for each in range(number):
            post(thread, f"{TEXT} {number} {each}.")
        with CaptureQueriesContext(connection) as queries:
            relay.drain("screen_comment")
        return len(queries)

    assert statements(7) - statements(2) == 5
