"""Public reads through the edge, with Django behind it."""

import gzip
import io
import json

import brotli
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

from comments.selectors import is_current
from comments.services import lifecycle
from common.stamps import LASTING
from config.public import ShortWay, key_of
from edge import microcache
from edge.wsgi import MOST_BYTES_OF_SPELLINGS, MOST_SPELLINGS, Edge, Spellings, coding_of
from tests.factories import CommentFactory, ThreadFactory

pytestmark = pytest.mark.django_db


class Asked:
    """An answer of the edge."""

    def __init__(self, status, headers, body):
        self.status = int(status.split()[0])
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body
        assert len(self.headers) == len(headers)

    @property
    def json(self):
        return json.loads(self.body)


@pytest.fixture
def edge():
    """The edge before our application, as `config.wsgi` has it, on the test's own connection."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    whole = WSGIHandler()
    yield Edge(whole, reads=ShortWay(whole), key_of=key_of, is_current=is_current)
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def ask(edge):
    def ask(address, method="GET", body=b"", **headers):
        path, _, query = address.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/json",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "HTTP_HOST": "testserver",
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        said = []
        parts = edge(environ, lambda *args: said.extend(args))
        return Asked(said[0], said[1], b"".join(parts))

    return ask


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


@pytest.fixture
def thread():
    return ThreadFactory.create()


@pytest.fixture
def page(thread):
    CommentFactory.create(thread=thread)
    return f"/api/v1/threads/{thread.pk}/comments"


def test_a_page_is_rendered_once_in_a_second(ask, page):
    first = ask(page)
    with CaptureQueriesContext(connection) as queries:
        again = ask(page)

    assert len(queries) == 0
    assert (again.status, again.body, again.headers) == (200, first.body, first.headers)


def test_after_its_second_one_query_says_that_a_page_is_current(ask, page, clock):
    ask(page)
    clock.now += 1
    with CaptureQueriesContext(connection) as queries:
        ask(page)

    assert len(queries) == 1


def test_a_comment_is_on_the_page_a_second_after_it_is_public(ask, page, thread, clock):
    ask(page)
    CommentFactory.create(thread=thread)
    lifecycle.counting.touch(thread.pk)
    clock.now += 1

    assert len(ask(page).json["results"]) == 2


def test_every_spelling_of_an_address_is_one(ask, page):
    ask(f"{page}?limit=5&sort=newest")
    with CaptureQueriesContext(connection) as queries:
        ask(f"{page}?sort=newest&limit=5")
        ask(f"{page}?utm_source=mail&sort=newest&limit=5")
        ask(f"{page}?sort=n%65west&limit=5")

    assert len(queries) == 0


def test_who_asks_changes_no_byte(ask, page):
    plain = ask(page)
    reader = {"authorization": "Bearer cqr_x", "cookie": "sessionid=x", "accept_language": "ko"}

    asked = ask(f"{page}?limit=20", **reader, origin="https://elsewhere.example")

    assert (asked.body, asked.headers) == (plain.body, plain.headers)
    assert "set-cookie" not in asked.headers


@pytest.mark.parametrize(
    ("accepted", "unpack"),
    [("gzip", gzip.decompress), ("gzip, br", brotli.decompress), ("identity", bytes)],
)
def test_each_encoding_has_a_tag_of_its_own_and_its_304(ask, page, thread, accepted, unpack):
    for _ in range(5):
        CommentFactory.create(thread=thread)
    whole = ask(page)

    packed = ask(page, accept_encoding=accepted)
    unchanged = ask(
        page, accept_encoding=accepted, if_none_match=f'"x", W/{packed.headers["etag"]}'
    )

    assert unpack(packed.body) == whole.body
    assert packed.headers["content-length"] == str(len(packed.body))
    assert packed.headers["vary"] == "Accept-Encoding"
    assert (packed.headers["etag"] == whole.headers["etag"]) == (accepted == "identity")
    assert (unchanged.status, unchanged.body) == (304, b"")
    assert unchanged.headers["etag"] == packed.headers["etag"]


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", ""),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0", "gzip"),
        ("*", "br"),
        ("br;q=0, *;q=0.1", "gzip"),
        ("gzip;q=nonsense", ""),
    ],
)
def test_the_smallest_encoding_that_is_allowed_is_sent(accepted, coding):
    assert coding_of(accepted) == coding


def test_an_answer_keeps_few_spellings_of_accept_encoding(ask, page, edge):
    for number in range(100):
        assert ask(page, accept_encoding=f"br;q=0, gzip;q=0.{number:03}1").status == 200
    [kept] = edge.cache._kept.values()

    assert len(kept.answer.forms) == MOST_SPELLINGS


def test_spellings_of_addresses_take_no_more_memory_than_they_may():
    spellings = Spellings(lambda path, query: path)

    for number in range(2_000):
        assert spellings["/counts", f"{number}{'x' * 7_000}"] == "/counts"

    assert sum(len(query) for _, query in spellings) < MOST_BYTES_OF_SPELLINGS


def test_head_has_the_headers_of_get_and_no_body(ask, page):
    head, whole = ask(page, method="HEAD"), ask(page)

    assert head.body == b""
    assert head.headers == whole.headers


def test_what_is_said_of_pages_is_left_out(ask, page):
    assert ask(page).headers.keys() == {
        *("access-control-allow-origin", "access-control-expose-headers", "cache-control"),
        *("content-length", "content-security-policy", "content-type", "etag", "surrogate-key"),
        *("vary", "x-content-type-options"),
    }


def test_nobody_is_told_what_tells_the_edge(ask, page):
    told = {**ask(page).headers, **ask("/api/v1/counts?url=https://news.example/").headers}

    assert not [name for name in told if name.startswith("x-edge")]


def test_counts_are_kept_in_the_order_asked_for_less_than_half_a_second(ask, clock):
    threads = [ThreadFactory.create(), ThreadFactory.create()]
    asked = [f"/api/v1/counts?thread={one.pk},{two.pk}" for one, two in (threads, threads[::-1])]
    first = ask(asked[0])
    CommentFactory.create(thread=threads[0])
    lifecycle.counting.fold()

    assert ask(asked[0]).body == first.body
    assert [row["comment_count"] for row in ask(asked[1]).json["results"]] == [0, 1]
    clock.now += 0.5
    assert [row["comment_count"] for row in ask(asked[0]).json["results"]] == [1, 0]


def test_an_address_too_long_to_be_kept_is_answered_all_the_same(ask, page, edge):
    assert ask(f"{page}?utm_source={'x' * 8_000}").status == 200
    assert edge.cache._kept == {}


def test_what_is_not_there_is_kept_as_well(ask, page, thread):
    elsewhere = page.replace(str(thread.pk), "01900000-0000-7000-8000-000000000000")
    assert ask(elsewhere).status == 404
    with CaptureQueriesContext(connection) as queries:
        assert ask(elsewhere).status == 404

    assert len(queries) == 0


def test_writes_and_private_reads_go_straight_on(ask, page, edge):
    assert ask(page, method="POST", body=b"{}").status == 401
    assert ask("/api/v1/me").status == 401
    assert ask("/api/v1/me", cookie="sessionid=x").headers["cache-control"] == "no-store"
    assert edge.cache._kept == {}


def test_what_the_application_cannot_do_now_is_not_kept(page, clock):
    answers = iter([("503 Service Unavailable", "no-store"), ("200 OK", "public, s-maxage=1")])

    def application(environ, start_response):
        status, control = next(answers)
        start_response(status, [("Cache-Control", control)])
        return [b"said"]

    edge = Edge(application, reads=application, key_of=key_of, is_current=is_current)
    said = []
    for _ in range(3):
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": page}
        edge(environ, lambda status, headers: said.append(status[:3]))

    assert said == ["503", "200", "200"]


def test_closing_a_conversation_shows_within_a_second(ask, clock):
    from articles.services import publishing
    from articles.states import CommentsSwitch
    from tests.factories import EditionFactory

    edition = EditionFactory.create()
    head = f"/api/v1/threads/{edition.thread_id}"
    assert ask(head).json["state"] == "open"

    publishing.switch(article=edition.article, to=CommentsSwitch.CLOSED)
    clock.now += 1

    assert ask(head).json["state"] == "closed"


@pytest.fixture
def lasting(settings):
    """A CDN that can be told what to forget."""
    settings.CDN_PURGER, settings.CDN_SECONDS = "fastly", 60
    settings.CDN_PURGE_URLS = ["https://cdn.example/"]


def test_a_cdn_that_can_be_told_keeps_what_a_version_tells_of(ask, page, thread, lasting):
    whole = ask(page)
    unchanged = ask(page, if_none_match=whole.headers["etag"])

    for answer in (whole, unchanged):
        assert answer.headers["surrogate-control"] == "max-age=60"
        assert answer.headers["surrogate-key"] == f"thread-{thread.pk}"
        assert answer.headers["cache-control"] == "public, max-age=0, s-maxage=1"
    for address in (f"/api/v1/counts?thread={thread.pk}", f"{page}?limit=0"):
        assert "surrogate-control" not in ask(address).headers


def test_no_cdn_keeps_what_took_so_long_that_it_may_have_been_purged_meanwhile(
    ask, page, lasting, monkeypatch
):
    monkeypatch.setattr("edge.wsgi.SLOW_SECONDS", 0)

    answer = ask(page)

    assert answer.status == 200
    assert not LASTING & answer.headers.keys()
