"""The live process over HTTP: who listens is told, and nothing that comes to it breaks it."""

import os
import signal
from collections.abc import Callable
from uuid import uuid4

import orjson
import pytest

from common.changes import Change
from live.app import MOST_FROM_ONE, MOST_THREADS
from tests.cables import Cable
from tests.install import eventually
from tests.live.conftest import Live, running

Publish = Callable[..., None]
#: Of some thread. Written out: processes that share a run name its tests alike.
SOME = "01a20000-0000-7000-8000-000000000001"


def changed(thread: str, version: int, comment_count: int) -> tuple[str, dict[str, object]]:
    return "changed", {"thread": thread, "version": version, "comment_count": comment_count}


def test_who_listens_to_a_thread_is_told_of_its_changes_and_of_no_others(
    live: Live, publish: Publish, thread: str
) -> None:
    publish(Change(thread, 1, 0))
    reader = live.listen({thread: 1})
    assert reader.until_ping() == []

    publish(Change(str(uuid4()), 5, 2), Change(thread, 3, 1))

    assert reader.next() == changed(thread, 3, 1)


@pytest.mark.parametrize(
    ("known", "had", "told"),
    [
        (Change("", 8, 4), 7, "changed"),
        (Change("", 8, 4), 8, None),
        (Change("", 8, 4), 9, None),  # read from the API before we were told
        (None, 7, "ask"),
    ],
    ids=["moved", "did not move", "moved on before us", "nobody knows"],
)
def test_who_comes_back_is_told_at_once_whether_the_thread_moved(
    live: Live, publish: Publish, thread: str, known: Change | None, had: int, told: str | None
) -> None:
    if known:
        publish(Change(thread, known.version, known.comment_count))

    said = live.listen({thread: had}).until_ping()

    expected = {"changed": [changed(thread, 8, 4)], "ask": [("ask", {"thread": thread})]}
    assert said == expected.get(str(told), [])


def test_many_changes_of_a_moment_are_told_as_the_last_of_them(
    live: Live, publish: Publish, thread: str
) -> None:
    publish(Change(thread, 1, 0))
    reader = live.listen({thread: 1})
    reader.until_ping()

    publish(*(Change(thread, version, version) for version in range(2, 50)))
    publish(Change(thread, 30, 30))  # told late: it is no news any more

    assert reader.next() == changed(thread, 49, 49)
    publish(Change(thread, 50, 50))
    assert reader.next() == changed(thread, 50, 50)


@pytest.mark.parametrize(
    ("method", "query", "status", "code"),
    [
        ("GET", "", 400, "invalid_input"),
        ("GET", "?thread=eleven", 400, "invalid_input"),
        ("GET", f"?thread={SOME}", 400, "invalid_input"),  # without the version one has
        ("GET", f"?thread={SOME}:-1", 400, "invalid_input"),
        (
            "GET",
            "?" + "&".join(f"thread={SOME[:-2]}{n:02}:1" for n in range(MOST_THREADS + 1)),
            400,
            "invalid_input",
        ),
        ("GET", "?" + "a=1&" * 200, 400, "invalid_input"),
        ("POST", f"?thread={SOME}:1", 405, "method_not_allowed"),
    ],
)
def test_what_is_no_such_question_is_refused_as_a_problem_that_any_page_may_read(
    live: Live, method: str, query: str, status: int, code: str
) -> None:
    answer = live.ask(f"/stream{query}", method)

    problem = orjson.loads(answer.read())
    assert (answer.status, problem["code"]) == (status, code)
    assert problem["detail"]
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_one_address_takes_only_so_many_streams_and_proxies_tell_addresses(thread: str) -> None:
    with running(TRUSTED_PROXIES="1", COLLOQUY_RATE_LIMITS="on") as live:
        for _ in range(MOST_FROM_ONE):
            live.listen({thread: 1}, **{"X-Forwarded-For": "198.51.100.7, 203.0.113.9"})

        refused = live.listen({thread: 1}, **{"X-Forwarded-For": "203.0.113.9"}).answer
        other = live.listen({thread: 1}, **{"X-Forwarded-For": "203.0.113.10"}).answer

        assert (refused.status, orjson.loads(refused.read())["code"]) == (429, "too_many_streams")
        assert int(refused.headers["Retry-After"]) > 0
        assert other.status == 200


def test_when_the_cache_comes_back_everybody_is_told_to_ask(publish: Publish, thread: str) -> None:
    cable = Cable(os.environ["CACHE_URL"])
    with running(CACHE_URL=cable.url(os.environ["CACHE_URL"])) as live:
        publish(Change(thread, 1, 0))
        reader = live.listen({thread: 1})
        reader.until_ping()

        with cable.cut():
            eventually(lambda: not live.is_ready(), within=20, what="live knows it hears nothing")
            publish(Change(thread, 2, 1))  # nobody hears of it
            assert live.listen({thread: 1}).until_ping() == [("ask", {"thread": thread})]

        assert reader.next() == ("ask", {"thread": thread})
        publish(Change(thread, 3, 2))
        while (told := reader.next()) == ("ask", {"thread": thread}):
            publish(Change(thread, 3, 2))  # a slow cache was given up once more
        assert told == changed(thread, 3, 2)
    cable.end()


def test_a_live_process_that_is_ended_ends_its_streams_and_leaves(thread: str) -> None:
    with running() as live:
        reader = live.listen({thread: 1})
        reader.until_ping()

        live.process.send_signal(signal.SIGTERM)

        told = list(iter(reader.next, None))
        assert told in ([], [("ask", {"thread": thread})])  # the cache may have been slow
        assert live.process.wait(20) == 0
