"""Kept for a second, rendered once however many ask, bounded."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from edge import microcache
from edge.microcache import Microcache


@dataclass
class Said:
    text: str
    stamp: str = ""
    fresh_seconds: float = 1.0
    is_lasting: bool = True
    size: int = 100


class House:
    """Something whose state is rendered, and what that took."""

    def __init__(self, *, most_bytes=10_000, **what):
        self.text, self.what = "first", what
        self.rendered = self.looked = 0
        self.cache = Microcache(self.is_current, most_bytes=most_bytes)

    def render(self):
        self.rendered += 1
        return Said(self.text, **self.what)

    def is_current(self, stamp):
        self.looked += 1
        return stamp == self.what["stamp"]

    def ask(self, key="page"):
        answer = self.cache.fresh(key) or self.cache.get(key, self.render)
        return answer.text


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass when told."""

    class Clock:
        now = 1_000.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(microcache, "time", clock)
    return clock


def test_within_a_second_an_answer_is_given_again(clock):
    house = House()
    house.ask()
    house.text = "second"
    clock.now += 0.99

    assert house.ask() == "first"


def test_an_answer_may_be_fresh_for_less_than_a_second(clock):
    house = House(fresh_seconds=0.4)
    house.ask()
    house.text = "second"
    clock.now += 0.5

    assert house.ask() == "second"


def test_after_a_second_what_tells_nothing_of_itself_is_rendered_anew(clock):
    house = House()
    house.ask()
    house.text = "second"
    clock.now += 1

    assert house.ask() == "second"


def test_what_is_still_current_is_given_for_another_second_after_a_look(clock):
    house = House(stamp="1")
    house.ask()
    clock.now += 1

    assert [house.ask(), house.ask()] == ["first", "first"]
    assert (house.rendered, house.looked) == (1, 1)


def test_what_is_no_longer_current_is_rendered_anew(clock):
    house = House(stamp="1")
    house.ask()
    house.text, house.what = "second", {"stamp": "2"}
    clock.now += 1

    assert house.ask() == "second"


def test_what_is_current_is_rendered_anew_every_five_seconds(clock):
    house = House(stamp="1")
    for _ in range(6):
        house.ask()
        clock.now += 1

    assert house.rendered == 2


def test_a_fault_of_the_moment_is_not_given_to_who_comes_later(clock):
    house = House(is_lasting=False)
    house.ask()
    house.text = "second"

    assert house.ask() == "second"


def test_what_was_not_asked_for_longest_goes_first(clock):
    house = House(most_bytes=250, stamp="1")
    for key in ("one", "two", "one", "three", "one"):
        house.ask(key)
        clock.now += 1

    assert house.rendered == 3
    house.ask("two")
    assert house.rendered == 4


def test_however_many_ask_at_once_one_renders_and_all_get_it():
    house = House()
    begun, go_on = threading.Event(), threading.Event()

    def render():
        house.rendered += 1
        begun.set()
        go_on.wait(5)
        return Said("slow")

    with ThreadPoolExecutor(20) as people:
        asked = [people.submit(house.cache.get, "page", render) for _ in range(20)]
        begun.wait(5)
        go_on.set()
        told = {each.result(5).text for each in asked}

    assert told == {"slow"}
    assert house.rendered == 1


def test_who_comes_a_second_after_a_slow_rendering_began_does_not_get_its_answer(clock):
    house = House()
    begun, go_on = threading.Event(), threading.Event()

    def slowly():
        text = house.text
        begun.set()
        go_on.wait(5)
        return Said(text)

    with ThreadPoolExecutor(1) as people:
        first = people.submit(house.cache.get, "page", slowly)
        begun.wait(5)
        house.text = "second"
        clock.now += 1.01
        assert house.ask() == "second"
        go_on.set()
        assert first.result(5).text == "first"

    assert house.ask() == "second"  # the slow one, being older, is not kept over it


def test_who_waited_for_one_that_failed_tries_alone():
    house = House()
    begun, go_on = threading.Event(), threading.Event()

    def fail():
        begun.set()
        go_on.wait(5)
        raise LookupError

    with ThreadPoolExecutor(2) as people:
        first = people.submit(house.cache.get, "page", fail)
        begun.wait(5)
        second = people.submit(house.ask)
        time.sleep(0.05)
        go_on.set()
        assert second.result(5) == "first"
        with pytest.raises(LookupError):
            first.result(5)
