"""Leaky buckets, in the cache and in a process's own memory alike."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import redis
from django.conf import settings

from common import buckets, cache, clock
from common.buckets import Bucket, Kind, Memory, Shared

NOBODY_LISTENS = "redis://127.0.0.1:1/0"
FEW = Bucket("few", 3, 60)
MANY = Bucket("many", 5, 600)


def shared(url=None, **options):
    return Shared(url or settings.CACHES["default"]["LOCATION"], "test-buckets:", **options)


@pytest.fixture(params=["cache", "memory"])
def store(request):
    return shared() if request.param == "cache" else Memory()


@pytest.fixture
def circuit():
    yield cache.circuit
    cache.circuit.close()


def taken(store, bucket, times):
    """How many of so many drops a bucket took."""
    return sum(store.take([bucket]) is None for _ in range(times))


def test_a_bucket_takes_so_many_at_once_and_says_how_long_to_wait(store):
    assert taken(store, FEW, 3) == 3

    spill = store.take([FEW])

    assert spill.bucket is FEW
    assert 19 < spill.wait <= 20  # a third of the minute leaks in twenty seconds


def test_what_was_refused_is_not_counted(store):
    taken(store, FEW, 3)

    waits = [store.take([FEW]).wait for _ in range(20)]

    assert max(waits) <= 20


def test_a_request_is_a_drop_in_all_of_its_buckets_or_in_none(store):
    taken(store, FEW, 3)

    refused = [store.take([MANY, FEW]) for _ in range(10)]

    assert {spill.bucket for spill in refused} == {FEW}
    assert taken(store, MANY, 10) == 5


def test_the_longest_wait_is_told(store):
    taken(store, FEW, 3)
    taken(store, MANY, 5)

    assert store.take([FEW, MANY]).bucket is MANY


def test_what_is_given_back_may_be_taken_again(store):
    taken(store, FEW, 3)

    store.take([FEW], back=True)

    assert taken(store, FEW, 5) == 1


def test_giving_back_more_than_was_taken_gains_nothing(store):
    for _ in range(5):
        store.take([FEW], back=True)

    assert taken(store, FEW, 10) == 3


def test_a_bucket_leaks(store):
    quick = Bucket("quick", 2, 0.4)
    taken(store, quick, 2)
    assert store.take([quick])

    time.sleep(0.25)  # Valkey has a clock of its own

    assert taken(store, quick, 3) == 1


def test_fifty_at_once_get_exactly_what_there_is():
    store = shared()
    bucket = Bucket("crowd", 10, 3600)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: store.take([bucket]), range(50)))

    assert answers.count(None) == 10


def heated(store, *, posts, meter):
    """The waits of so many readers, each with a first and a second comment."""
    first = [store.take([meter, Bucket(f"{n}", 1, 30, Kind.IN_HEAT)]) for n in range(posts)]
    assert first == [None] * posts
    return [store.take([meter, Bucket(f"{n}", 1, 30, Kind.IN_HEAT)]) for n in range(posts)]


def test_below_the_heat_nobody_waits(store):
    meter = Bucket("meter", 10, 60, Kind.METER, cooling=120)

    assert heated(store, posts=5, meter=meter) == [None] * 5


def test_in_heat_each_reader_may_go_on_once_and_then_waits(store):
    meter = Bucket("meter", 4, 60, Kind.METER, cooling=120)

    assert heated(store, posts=5, meter=meter) == [None] * 5
    again = [store.take([meter, Bucket(f"{n}", 1, 30, Kind.IN_HEAT)]) for n in range(5)]

    assert all(29 < spill.wait <= 30 for spill in again)


def test_heat_is_over_by_itself(store):
    meter = Bucket("meter", 2, 60, Kind.METER, cooling=0.3)
    mine = Bucket("mine", 1, 30, Kind.IN_HEAT)
    for _ in range(4):
        assert store.take([meter, mine]) is None  # the third makes it hot, the fourth counts
    assert store.take([meter, mine])

    time.sleep(0.4)

    assert store.take([meter, mine]) is None


def test_heat_goes_on_while_as_many_come():
    store = Memory()
    meter = Bucket("meter", 3, 60, Kind.METER, cooling=120)
    waiting = Bucket("waiting", 1, 3600, Kind.IN_HEAT)
    start = clock.now()

    def at(seconds):
        return clock.standing_at(start + timedelta(seconds=seconds))

    with at(0):
        for _ in range(4):
            store.take([meter])
        assert store.take([meter, waiting]) is None
    with at(100):
        for _ in range(3):
            store.take([meter])
    with at(200):
        assert store.take([meter, waiting]), "three more came in its two minutes"
    with at(221):
        assert store.take([meter, waiting]) is None, "nobody came for two minutes"


def test_without_the_cache_a_process_counts_by_itself(circuit):
    store = shared(NOBODY_LISTENS)

    assert taken(store, FEW, 10) == 3


def test_only_the_first_waits_for_a_cache_that_hangs(circuit):
    with socket.create_server(("127.0.0.1", 0)) as says_nothing:
        url = f"redis://127.0.0.1:{says_nothing.getsockname()[1]}/0"
        store = shared(url, socket_timeout=0.3, socket_connect_timeout=0.3)

        began = time.monotonic()
        answers = [store.take([Bucket(f"reader {n}", 1, 60)]) for n in range(200)]
        took = time.monotonic() - began

    assert answers == [None] * 200
    assert 0.3 <= took < 1


def test_a_cache_that_forgot_the_script_is_told_it_again():
    store = shared()
    assert taken(store, FEW, 1) == 1
    redis.Redis.from_url(settings.CACHES["default"]["LOCATION"]).script_flush()

    assert taken(store, FEW, 5) == 2


def test_memory_stays_bounded(monkeypatch):
    monkeypatch.setattr(buckets, "MOST_KEPT", 100)
    store = Memory()

    for n in range(500):
        store.take([Bucket(f"reader {n}", 5, 3600)])

    assert len(store._kept) <= 101
