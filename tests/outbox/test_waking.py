"""Wakes: few, cheap, and never missed for long."""

import time

import pytest
from celery import current_app
from django.core.cache import cache

from outbox.services import waking


@pytest.fixture
def waker():
    return waking.Waker()


@pytest.fixture
def sent(monkeypatch):
    """The wakes that reached the broker's client; not those that this process's own waker still had
    to send for a test before.
    """
    names = []

    def send(name, **options):
        if name == "some.task":
            names.append(name)

    monkeypatch.setattr(current_app, "send_task", send)
    return names


def settle(waker):
    """Wait until nothing is left to be sent."""
    deadline = time.monotonic() + 5
    while waker.due:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.2)


def test_many_wakes_in_a_row_are_one_message(waker, sent):
    for _ in range(100):
        waker.wake("some.task")
    settle(waker)

    assert sent == ["some.task"]


def test_a_wake_that_is_wanted_sooner_does_not_wait_for_a_later_one(waker, sent):
    waker.wake("some.task", after=60)
    waker.wake("some.task")
    waker.wake("some.task", after=60)
    settle(waker)

    assert sent == ["some.task"]


def test_no_second_message_is_sent_while_one_is_on_its_way(waker, sent):
    waker.wake("some.task")
    settle(waker)
    waker.wake("some.task")
    settle(waker)

    assert sent == ["some.task"]


def test_a_task_that_began_to_look_is_woken_anew(waker, sent):
    waker.wake("some.task")
    settle(waker)
    waking.woken("some.task")
    waker.wake("some.task")
    settle(waker)

    assert sent == ["some.task"] * 2


def test_without_a_cache_wakes_are_sent_all_the_same(waker, sent, settings):
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    }

    waker.wake("some.task")
    settle(waker)

    assert sent == ["some.task"]


def test_a_broker_that_is_away_is_left_alone_for_a_while(waker, monkeypatch):
    tries = []

    def refuse(name, **options):
        tries.extend([name] if name == "some.task" else [])
        raise OSError("Nobody listens.")

    monkeypatch.setattr(current_app, "send_task", refuse)

    for _ in range(3):
        waker.wake("some.task")
        settle(waker)

    assert tries == ["some.task"]
    assert cache.get("woken:some.task") is None  # the next wake is not held back by this one


def test_asking_for_a_wake_takes_no_time_while_the_broker_hangs(waker, monkeypatch):
    monkeypatch.setattr(current_app, "send_task", lambda name, **options: time.sleep(0.5))
    waker.wake("some.task")
    time.sleep(0.05)

    before = time.perf_counter()
    waker.wake("other.task")

    assert time.perf_counter() - before < 0.1
    settle(waker)  # else it is sent in another's test
