"""Who fails again and again is left alone for a while, by all processes."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache

from common import breaker, clock
from common.breaker import CircuitOpen, guarded
from common.cache import CacheAway
from common.outbound import TimedOut
from tests.together import at_once

URL = "https://hooks.news.example/new"


def fail(times=1, url=URL):
    for _ in range(times):
        with pytest.raises(TimedOut), guarded(url):
            raise TimedOut("hooks.news.example")


def succeed(url=URL):
    with guarded(url):
        pass


def is_open(url=URL):
    """Whether a call is refused. Says nothing to the other side, so it counts as no answer."""
    try:
        with guarded(url):
            raise LookupError
    except CircuitOpen:
        return True
    except LookupError:
        return False


def later(seconds):
    return time_machine.travel(clock.now() + timedelta(seconds=seconds), tick=False)


@pytest.fixture(autouse=True)
def nobody_failed_yet():
    breaker._own.clear()


@pytest.fixture(params=["the cache", "this process"])
def store(request, monkeypatch):
    """Where the state stands: in the cache, or, while that is away, in the process."""
    if request.param == "this process":
        monkeypatch.setattr(breaker, "cache", CacheThatIsAway())


class CacheThatIsAway:
    def __getattr__(self, name):
        raise CacheAway


def test_it_opens_after_five_failures_in_a_row(store):
    fail(4)
    assert not is_open()

    fail()

    assert is_open()


def test_an_answer_in_between_begins_the_count_anew(store):
    fail(4)
    succeed()
    fail(4)

    assert not is_open()


def test_a_refused_call_says_when_to_come_back_and_is_no_failure(store):
    with time_machine.travel(clock.now(), tick=False):
        fail(5)

        for _ in range(20):
            with pytest.raises(CircuitOpen) as fault, guarded(URL):
                pytest.fail("nobody calls")

        assert 29 <= fault.value.retry_after <= 30
        assert "hooks.news.example" in str(fault.value)
        assert "/new" not in str(fault.value)
    with later(31):
        assert not is_open()


def test_after_the_pause_one_caller_is_let_through(store):
    fail(5)

    with later(31), guarded(URL):
        assert is_open()


def test_a_probe_that_is_answered_closes_it_for_all(store):
    fail(5)

    with later(31):
        succeed()

    assert not is_open()
    fail(4)
    assert not is_open()


def test_a_probe_that_fails_opens_it_for_longer_but_not_for_ever(store):
    pauses, now = [], clock.now()
    with time_machine.travel(now, tick=False) as travelling:
        fail(5)
        for _ in range(4):
            with pytest.raises(CircuitOpen) as fault, guarded(URL):
                pytest.fail("nobody calls")
            pauses.append(round(fault.value.retry_after))
            travelling.shift(timedelta(seconds=fault.value.retry_after + 1))
            fail()

    assert pauses == [30, 45, 45, 45]


def test_a_probe_whose_process_died_is_followed_by_another(store):
    fail(5)
    with later(31):
        assert not is_open()  # never told what became of it
        assert is_open()
        breaker._own.delete(breaker._Destination(URL).probe)  # as its time would
        cache.delete(breaker._Destination(URL).probe)

        assert not is_open()


def test_failures_on_their_way_when_it_opens_do_not_prolong_the_pause(store):
    with time_machine.travel(clock.now(), tick=False):
        on_their_way = [guarded(URL) for _ in range(3)]
        for each in on_their_way:
            each.__enter__()
        fail(5)
        for each in on_their_way:
            assert not each.__exit__(TimedOut, TimedOut("late"), None)

        with pytest.raises(CircuitOpen) as fault, guarded(URL):
            pytest.fail("nobody calls")

    assert fault.value.retry_after <= 30


def test_one_destination_says_nothing_of_another(store):
    fail(5)

    assert is_open("https://hooks.news.example/other")
    assert not is_open("https://hooks.news.example:8443/new")
    assert not is_open("http://hooks.news.example/new")
    assert not is_open("https://other.example/new")


def test_other_exceptions_are_no_failures(store):
    for _ in range(10):
        with pytest.raises(LookupError), guarded(URL):
            raise LookupError

    assert not is_open()


def test_all_processes_know_of_it():
    fail(5)
    breaker._own.clear()

    assert is_open()


def test_of_many_at_once_one_is_let_through_after_the_pause():
    fail(5)
    all_asked = threading.Barrier(8, timeout=10)

    def call():
        try:
            with guarded(URL):
                all_asked.wait()
        except CircuitOpen:
            all_asked.wait()
            return "spared"
        return "let through"

    with later(31):
        heard = at_once(*[call] * 8)

    assert sorted(heard) == ["let through", *["spared"] * 7]
