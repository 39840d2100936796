"""Slow mode of a thread: by hand, by heat, over by itself."""

import json
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.services import tokens
from comments.models import Comment, Thread
from comments.services import pace
from comments.states import ThreadState
from common import clock
from tests.factories import ModeratorFactory, ReaderFactory, ThreadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread():
    return ThreadFactory()


@pytest.fixture
def slow(thread):
    """The thread, one comment in 30 seconds."""
    return pace.slow(thread.pk, seconds=30, actor=ModeratorFactory(site=thread.site))


@pytest.fixture
def heat(settings):
    """Heat begins with the fourth comment of a minute."""
    settings.THREAD_HEAT = {"posts": 3, "seconds": 60, "cooling": 120, "pause": 20}
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "posting": {}}


class Reader:
    def __init__(self, site, user=None):
        token = tokens.issue_reader(user=user or ReaderFactory(), site=site)[1]
        self.client = Client(headers={"authorization": f"Bearer {token}"})

    def post(self, thread, text="What I think of it.", **more):
        return self.client.post(
            f"/api/v1/threads/{thread.pk}/comments",
            json.dumps({"body": text}),
            content_type="application/json",
            **more,
        )


def statuses(answers):
    return [answer.status_code for answer in answers]


# -- by hand ---------------------------------------------------------------------------------


def test_in_slow_mode_a_reader_waits_between_comments(slow):
    reader = Reader(slow.site)
    reader.post(slow, "One.")

    answer = reader.post(slow, "Two.")

    assert answer.status_code == 429
    assert answer.json()["code"] == "slow_mode"
    assert answer["Retry-After"] == "30"
    assert answer.json()["detail"] == (
        "This conversation is in slow mode, one comment in 30 seconds. "
        "You can post again in 30 seconds; your text is kept."
    )
    assert Comment.objects.count() == 1


def test_each_reader_waits_for_their_own_comments_only(slow):
    assert statuses(Reader(slow.site).post(slow, f"{n} thoughts.") for n in range(3)) == [201] * 3


def test_other_threads_are_not_slowed(slow):
    reader = Reader(slow.site)
    other = ThreadFactory(site=slow.site)
    reader.post(slow, "One.")

    assert statuses([reader.post(other, "Two."), reader.post(other, "Three.")]) == [201, 201]


def test_a_post_that_was_refused_costs_no_turn(slow):
    reader = Reader(slow.site)

    assert reader.post(slow, "   ").status_code == 400
    Thread.objects.filter(pk=slow.pk).update(state=ThreadState.CLOSED)
    assert reader.post(slow, "One.").status_code == 403
    Thread.objects.filter(pk=slow.pk).update(state=ThreadState.OPEN)

    assert reader.post(slow, "One.").status_code == 201


def test_a_key_sent_again_is_answered_in_slow_mode(slow):
    reader = Reader(slow.site)
    key = {"headers": {"idempotency-key": "one"}}

    answers = [reader.post(slow, "One.", **key) for _ in range(3)]

    assert statuses(answers) == [201] * 3
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_the_sites_staff_are_not_slowed(slow):
    here = Reader(slow.site, ModeratorFactory(site=slow.site))
    elsewhere = Reader(slow.site, ModeratorFactory())

    assert statuses(here.post(slow, f"{n} thoughts.") for n in range(3)) == [201] * 3
    assert statuses(elsewhere.post(slow, f"{n} ideas.") for n in range(2)) == [201, 429]


def test_slow_mode_is_over_when_its_time_is(thread):
    until = clock.now() + timedelta(hours=1)
    pace.slow(thread.pk, seconds=30, until=until, actor=ModeratorFactory())
    thread.refresh_from_db()

    assert pace.pause_of(thread) == 30
    with clock.standing_at(until):
        assert pace.pause_of(thread) == 0


def test_lifted_it_holds_nobody(slow):
    reader = Reader(slow.site)
    reader.post(slow, "One.")

    pace.lift(slow.pk, actor=ModeratorFactory(site=slow.site))

    assert reader.post(slow, "Two.").status_code == 201


def test_a_shorter_pause_is_in_force_at_once(slow):
    reader = Reader(slow.site)
    reader.post(slow, "One.")
    pace.slow(slow.pk, seconds=10, actor=ModeratorFactory(site=slow.site))

    assert reader.post(slow, "Two.").status_code == 201
    assert int(reader.post(slow, "Three.")["Retry-After"]) <= 10


def test_slow_mode_holds_where_limits_are_switched_off(slow, settings):
    settings.RATE_LIMITS_ON = False
    reader = Reader(slow.site)

    assert statuses([reader.post(slow, "One."), reader.post(slow, "Two.")]) == [201, 429]


@pytest.mark.parametrize("seconds", [0, -1, 3601])
def test_slow_mode_is_an_hour_at_most(thread, seconds):
    with pytest.raises(pace.BadPace):
        pace.slow(thread.pk, seconds=seconds, actor=ModeratorFactory())


def test_slow_mode_does_not_end_in_the_past(thread):
    with pytest.raises(pace.BadPace):
        pace.slow(thread.pk, seconds=30, until=clock.now(), actor=ModeratorFactory())


def test_the_database_keeps_to_it_as_well(thread):
    with pytest.raises(IntegrityError, match="slow_mode_of_an_hour_at_most"):
        Thread.objects.filter(pk=thread.pk).update(slow_seconds=3601)


def test_who_set_it_is_on_record(thread):
    first, second = ModeratorFactory(site=thread.site), ModeratorFactory(site=thread.site)

    pace.slow(thread.pk, seconds=30, actor=first)
    pace.slow(thread.pk, seconds=30, actor=second)  # as it is
    pace.lift(thread.pk, actor=second)

    log = LogEntry.objects.filter(object_id=str(thread.pk)).order_by("pk")
    assert [(entry.user, entry.change_message) for entry in log] == [
        (first, "Slow mode: one comment in 30 s."),
        (second, "Slow mode lifted."),
    ]


def test_a_threads_head_says_so(client, thread):
    before = client.get(f"/api/v1/threads/{thread.pk}")
    until = clock.now() + timedelta(hours=1)
    pace.slow(thread.pk, seconds=30, until=until, actor=ModeratorFactory(site=thread.site))

    after = client.get(f"/api/v1/threads/{thread.pk}")

    assert before.json()["slow_mode"] is None
    assert after.json()["slow_mode"]["seconds"] == 30
    assert after.json()["slow_mode"]["until"].startswith(f"{until:%Y-%m-%dT%H:%M:%S}")
    assert after.json()["version"] > before.json()["version"]


# -- by heat ---------------------------------------------------------------------------------


def test_a_lively_thread_is_not_slowed(thread):
    readers = [Reader(thread.site) for _ in range(20)]

    answers = [reader.post(thread, f"Lively {n}.") for n in range(5) for reader in readers]

    assert statuses(answers) == [201] * 100  # within seconds, all from one address


def test_in_heat_readers_wait_between_comments(heat, thread):
    readers = [Reader(thread.site) for _ in range(4)]
    for reader in readers:
        reader.post(thread, "One.")
    assert statuses(reader.post(thread, "Two.") for reader in readers) == [201] * 4

    answers = [reader.post(thread, "Three.") for reader in readers]

    assert statuses(answers) == [429] * 4
    assert answers[0].json()["code"] == "slow_mode"
    assert answers[0].json()["detail"] == (
        "This conversation is moving fast. You can post again in 20 seconds; your text is kept."
    )
    assert answers[0]["Retry-After"] == "20"


def test_the_heat_of_one_thread_leaves_others_cool(heat, thread):
    reader, other = Reader(thread.site), ThreadFactory(site=thread.site)
    answers = [reader.post(thread, f"Hot {n}.") for n in range(6)]
    assert statuses(answers)[-1] == 429

    assert reader.post(other, "Cool.").status_code == 201


def test_heat_is_over_when_the_cache_forgets_it(heat, thread):
    reader = Reader(thread.site)
    hot = [reader.post(thread, f"Hot {n}.") for n in range(5)]
    assert statuses(hot) == [201] * 5

    cache.clear()  # as its time to live does, two minutes after

    assert reader.post(thread, "Cool.").status_code == 201


def test_heat_costs_posting_no_query(heat, thread, settings):
    settings.RATE_LIMITS_ON = False
    reader = Reader(thread.site)
    reader.post(thread, "To warm up.")
    with CaptureQueriesContext(
        connection,
    ) as without:
        assert reader.post(thread, "Without.").status_code == 201

    settings.RATE_LIMITS_ON = True
    with CaptureQueriesContext(connection) as within:
        assert reader.post(thread, "Within.").status_code == 201

    assert len(within) == len(without)
