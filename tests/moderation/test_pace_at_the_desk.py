"""A moderator slows the thread of a case, and lifts it again."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from comments.models import Thread
from comments.states import Status
from common import clock
from tests import staff
from tests.factories import CaseFactory, CommentFactory, ModeratorFactory, ReaderFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    return CaseFactory(comment=CommentFactory(status=Status.HELD))


@pytest.fixture
def moderator(case):
    return ModeratorFactory(site=case.site)


@pytest.fixture
def at_desk(client, moderator):
    return staff.sign_in(client, moderator)


def address(case, name="pace"):
    return f"{reverse(f'moderation:{name}', args=[case.pk])}?queue=held"


def thread_of(case):
    return Thread.objects.get(pk=case.comment.thread_id)


def test_a_moderator_slows_the_thread_for_an_hour(at_desk, case):
    with clock.standing_at(clock.now()):
        answer = at_desk.post(address(case), {"seconds": "60", "duration": "3600"})
        assert thread_of(case).slow_until == clock.now() + timedelta(hours=1)

    assert (answer.status_code, answer.url) == (303, address(case, "case"))
    assert thread_of(case).slow_seconds == 60
    page = at_desk.get(answer.url).content.decode()
    assert "Slow mode is on." in page
    assert "one comment in 1 minute from each reader" in page


def test_without_an_end_it_stays_until_somebody_lifts_it(at_desk, case):
    at_desk.post(address(case), {"seconds": "30", "duration": "0"})
    assert (thread_of(case).slow_seconds, thread_of(case).slow_until) == (30, None)

    page = at_desk.post(address(case), {"seconds": "0"}, follow=True).content.decode()

    assert thread_of(case).slow_seconds == 0
    assert "Slow mode is lifted." in page
    assert "Slow down" in page


def test_what_the_desk_does_not_offer_changes_nothing(at_desk, case):
    for seconds in ("7", "-30", "", "99999999999"):
        assert at_desk.post(address(case), {"seconds": seconds}).status_code == 303

    assert thread_of(case).slow_seconds == 0


def test_who_signed_in_on_the_way_comes_back_to_the_case(at_desk, case):
    answer = at_desk.get(address(case))

    assert (answer.status_code, answer.url) == (303, address(case, "case"))


def test_only_the_sites_own_moderators_slow_its_threads(client, case):
    for stranger in (ReaderFactory(), ModeratorFactory()):
        staff.sign_in(client, stranger)
        assert client.post(address(case), {"seconds": "30"}).status_code == 404
    client.logout()
    assert client.post(address(case), {"seconds": "30"}).status_code == 302

    assert thread_of(case).slow_seconds == 0


def test_slowing_needs_the_token_of_our_own_pages(case, moderator):
    strict = staff.sign_in(Client(enforce_csrf_checks=True), moderator)

    assert strict.post(address(case), {"seconds": "30"}).status_code == 403
