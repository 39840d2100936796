"""Public reads rendered without Django's handler say what it would have said."""

import io
import time
from uuid import uuid4

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from common.calls import Handler
from common.views import PublicView
from config.public import ShortWay, _of_all, key_of
from operations import requests
from tests.factories import CommentFactory, EditionFactory, ThreadFactory
from tests.routes import walk

pytestmark = pytest.mark.django_db
#: Of the way through Django only: said by the edge, and by servers.
NOT_COMPARED = {"Vary", "Content-Length"}


@pytest.fixture(autouse=True)
def own_connection():
    """The test's connection stays open."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    _of_all.cache_clear()
    yield
    _of_all.cache_clear()
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def ids():
    """Of things that are there, by the names that routes have for them."""
    edition = EditionFactory.create(locale="en")
    comment = CommentFactory.create(thread=edition.thread)
    CommentFactory.create(thread=edition.thread, parent=comment)
    User.objects.filter(pk=comment.author_id).update(public_page=True)
    return {
        "thread_id": comment.thread_id,
        "comment_id": comment.pk,
        "article_id": edition.article_id,
        "reader_id": comment.author_id,
        "site": edition.thread.site_id,
    }


def ask(application, address, **more):
    path, _, query = address.partition("?")
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "testserver",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        **more,
    }
    said = []
    body = b"".join(application(environ, lambda *args: said.extend(args)))
    status, headers = said[:2]
    return status, {name: value for name, value in headers if name not in NOT_COMPARED}, body


def nobody(environ, start_response):
    raise AssertionError(f"Django was asked for {environ['PATH_INFO']}")


PUBLIC = [route for route in walk() if route.cls and issubclass(route.cls, PublicView)]
#: Where an address alone says too little.
QUERIES = {
    "lookup": "comments=2&edition=en&site={site}&external_id={external_id}",
    "counts": "thread={thread_id}",
    "trending": "edition=en&site={site}",
    "related": "edition=en",
}


@pytest.mark.parametrize("route", PUBLIC, ids=lambda route: route.path)
def test_a_read_that_goes_well_is_said_as_django_says_it(route, ids):
    from articles.models import Article

    external_id = Article.objects.get(pk=ids["article_id"]).external_id
    address = route.address(ids)
    query = QUERIES.get(address.rpartition("/")[2], "").format(**ids, external_id=external_id)
    address = key_of(address, query)

    short = ask(ShortWay(nobody), address)

    assert short[0] == "200 OK"
    assert short == ask(Handler(), address)


@pytest.mark.parametrize("query", ["", "sort=loudest", "limit=0", "cursor=x", "language=%00"])
def test_what_does_not_go_well_is_said_by_django(query):
    thread = ThreadFactory.create().pk if query else uuid4()
    address = f"/api/v1/threads/{thread}/comments?{query}"

    short = ask(ShortWay(Handler()), address)

    assert short[0].startswith("4")
    assert short == ask(Handler(), address)


def test_a_refusal_costs_one_query():
    with CaptureQueriesContext(connection) as queries:
        ask(ShortWay(Handler()), f"/api/v1/threads/{uuid4()}/comments")

    assert len(queries) == 1


def test_a_fault_is_django_s_to_report_and_nothing_is_asked_twice(ids, monkeypatch, caplog):
    asked = []
    monkeypatch.setattr("comments.reading.page", lambda *args, **options: asked.append(1) or 1 / 0)

    status, _, _ = ask(ShortWay(Handler()), f"/api/v1/threads/{ids['thread_id']}/comments")

    assert (status, asked) == ("500 Internal Server Error", [1])
    assert [each.exc_info[0] for each in caplog.records if each.exc_info] == [ZeroDivisionError]


def test_who_has_to_come_by_https_is_sent_there(ids, settings):
    settings.SECURE_SSL_REDIRECT = True

    status, headers, _ = ask(ShortWay(Handler()), f"/api/v1/threads/{ids['thread_id']}")

    assert status == "301 Moved Permanently"
    assert headers["Location"].startswith("https://")


def test_who_came_by_https_is_told_to_come_so_again(ids, settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 60
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    address, secure = f"/api/v1/threads/{ids['thread_id']}", {"HTTP_X_FORWARDED_PROTO": "https"}

    short = ask(ShortWay(nobody), address, **secure)

    assert short[1]["Strict-Transport-Security"].startswith("max-age=60")
    assert short == ask(Handler(), address, **secure)


def test_a_slow_fault_took_as_long_as_its_reader_waited(ids, monkeypatch, caplog):
    monkeypatch.setattr("comments.reading.page", lambda *args, **options: time.sleep(0.05) or 1 / 0)

    ask(ShortWay(Handler()), f"/api/v1/threads/{ids['thread_id']}/comments")

    (line,) = [each for each in caplog.records if each.getMessage() == "Answered."]
    assert (line.fields["status"], line.fields["milliseconds"] >= 50) == (500, True)


def test_a_read_is_counted_by_its_route(ids, monkeypatch):
    told = []
    monkeypatch.setattr(
        "config.public.tell", lambda answered, *rest, **options: told.append(answered)
    )

    ask(ShortWay(nobody), f"/api/v1/threads/{ids['thread_id']}/comments")

    assert [(each.route, each.method, each.status) for each in told] == [
        ("api/v1/threads/<uuid:thread_id>/comments", "GET", 200)
    ]


def test_a_slow_read_has_its_line(ids, monkeypatch, caplog):
    monkeypatch.setattr(requests, "SLOW_SECONDS", 0)

    with caplog.at_level("INFO"):
        ask(ShortWay(nobody), f"/api/v1/threads/{ids['thread_id']}/comments")

    (line,) = [each for each in caplog.records if each.getMessage() == "Answered."]
    assert line.fields["thread_id"] == str(ids["thread_id"])
