"""Public reads through real caches, by the configuration that we ship: nginx, and Varnish that is
purged. In their second and beyond it they show what there is, and nobody's own to anybody else.
"""

import re
import time
from urllib.parse import urlencode

import pytest

from accounts.services import tokens
from articles.services import publishing
from comments.services import counting, lifecycle
from outbox.models import OutboxRow
from outbox.services import relay
from tests.edge.caches import LIVE_HOST, nginx, origin, varnish
from tests.factories import (
    CommentFactory,
    EditionFactory,
    ReaderFactory,
    SiteFactory,
    ThreadFactory,
)
from tests.install import eventually
from tests.live.conftest import Live

pytestmark = pytest.mark.django_db(transaction=True)
TASK = "publishers.purge_answers"
GONE_SECONDS = 5


@pytest.fixture(scope="module")
def web():
    with origin() as web:
        yield web


@pytest.fixture(autouse=True)
def unasked(web, settings):
    settings.ALLOWED_HOSTS = ["*"]
    web.asked.clear()


@pytest.fixture(scope="module")
def live():
    live = Live()
    yield live
    live.end()


@pytest.fixture(scope="module")
def an_nginx(web, live):
    with nginx(web=web.port, live=live.port) as cache:
        yield cache


@pytest.fixture(scope="module")
def a_varnish(web, live):
    with varnish(web=web.port, live=live.port) as cache:
        yield cache


@pytest.fixture
def purged(a_varnish, settings):
    """Varnish, told what to forget."""
    settings.CDN_PURGER, settings.CDN_SECONDS = "varnish", 60
    settings.CDN_PURGE_URLS = [f"http://127.0.0.1:{a_varnish.port}/"]
    return a_varnish


@pytest.fixture(params=["an_nginx", "a_varnish"])
def cache(request):
    return request.getfixturevalue(request.param)


def commented():
    """A page of a site with a comment on it: its edition, and that comment."""
    edition = EditionFactory.create()
    comment = CommentFactory.create(thread=edition.thread, body="What a fine bridge. " * 40)
    counting.fold()
    OutboxRow.objects.all().delete()
    return edition, comment


def addresses(edition, comment):
    """All that a CDN keeps of a page."""
    thread = f"/api/v1/threads/{edition.thread_id}"
    query = urlencode({"url": edition.url, "comments": 5})
    return [
        thread,
        f"{thread}/comments",
        f"{thread}/comments/{comment.pk}/replies",
        f"/api/v1/threads/lookup?{query}",
    ]


def shows(cache, address, comment):
    return str(comment.pk).encode() in cache.ask(address).body


def purge_when_due():
    """Do what the worker does, as soon as it does it."""
    eventually(lambda: relay.drain(TASK), within=GONE_SECONDS, what="something to purge")


def test_varnish_keeps_a_page_and_forgets_what_was_removed_and_nothing_else(purged, web):
    (edition, comment), (other, kept) = commented(), commented()
    every = [*addresses(edition, comment), *addresses(other, kept)]
    for address in every:
        assert purged.ask(address).status == 200
    web.asked.clear()
    time.sleep(1.2)
    for address in every:
        assert int(purged.ask(address).headers["age"]) >= 1
    assert web.asked == []

    lifecycle.withdraw(comment.pk, author=comment.author)
    counting.fold()
    purge_when_due()

    assert not any(shows(purged, each, comment) for each in addresses(edition, comment))
    assert len(web.asked) == 4
    assert shows(purged, addresses(other, kept)[1], kept)
    assert [purged.ask(each).status for each in addresses(other, kept)] == [200] * 4
    assert len(web.asked) == 4


def test_an_article_that_is_taken_back_is_gone_from_varnish(purged):
    edition, comment = commented()
    lookup = addresses(edition, comment)[-1]
    assert purged.ask(lookup).status == 200

    publishing.unpublish(article=edition.article)
    counting.fold()
    purge_when_due()

    assert purged.ask(lookup).status == 404


def test_browsers_and_whoever_is_in_between_are_told_one_second(purged):
    edition, comment = commented()

    said = purged.ask(addresses(edition, comment)[1]).headers

    assert said["cache-control"] == "public, max-age=0, s-maxage=1"
    assert not said.keys() & {"surrogate-control", "xkey"}


def test_varnish_takes_orders_to_forget_from_us_alone(purged, web):
    edition, comment = commented()
    page = addresses(edition, comment)[1]
    purged.ask(page)
    key = {"xkey_purge": f"thread-{edition.thread_id}"}

    stranger = purged.ask("/", method="PURGE", X_Forwarded_For="203.0.113.7", **key)
    purged.ask(page)
    assert (stranger.status, len(web.asked)) == (405, 1)

    ours = purged.ask("/", method="PURGE", **key)
    purged.ask(page)
    assert (ours.status, len(web.asked)) == (200, 2)


def test_nginx_asks_once_in_a_second_and_shows_no_removed_comment_after_it(an_nginx, web):
    edition, comment = commented()
    page = addresses(edition, comment)[1]
    assert all(shows(an_nginx, page, comment) for _ in range(30))
    assert len(web.asked) < 10

    lifecycle.withdraw(comment.pk, author=comment.author)

    # The edge's second, and nginx's, which ends with a second of the clock.
    eventually(lambda: not shows(an_nginx, page, comment), within=GONE_SECONDS, what="it is gone")


def test_nginx_before_a_cdn_keeps_nothing_that_only_the_cdn_can_be_told_to_forget(
    an_nginx, purged, web
):
    edition, comment = commented()
    for _ in range(3):
        assert an_nginx.ask(addresses(edition, comment)[1]).status == 200

    assert len(web.asked) == 3


def test_nobody_in_particular_asks_for_what_is_kept(cache, web):
    edition, comment = commented()
    mine = {"Cookie": "sessionid=mine", "Authorization": "Bearer mine", "X-Session-Token": "mine"}

    answer = cache.ask(addresses(edition, comment)[1], **mine)

    assert answer.status == 200
    assert "set-cookie" not in answer.headers
    [asked] = web.asked
    assert not {"HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_X_SESSION_TOKEN"} & asked.keys()


def test_what_is_ones_own_is_never_kept(cache):
    site = SiteFactory.create()
    readers = [ReaderFactory.create() for _ in range(2)]
    told = [tokens.issue_reader(user=reader, site=site)[1] for reader in readers]

    names = [
        cache.ask("/api/v1/me", Authorization=f"Bearer {token}", X_Forwarded_Proto="https").body
        for token in [*told, *told]
    ]

    assert all(one.name.encode() in said for one, said in zip(readers, names, strict=False))
    assert names[0] != names[1]
    assert names[:2] == names[2:]
    assert cache.ask("/api/v1/me").status == 401


def test_a_write_to_the_address_of_a_public_read_keeps_its_credentials(cache, web):
    thread = ThreadFactory.create()
    reader = ReaderFactory.create()
    token = tokens.issue_reader(user=reader, site=thread.site)[1]
    page = f"/api/v1/threads/{thread.pk}/comments"

    posted = cache.ask(
        page,
        method="POST",
        body=b'{"body": "What a fine bridge."}',
        Authorization=f"Bearer {token}",
        Content_Type="application/json",
    )

    assert posted.status == 201


def test_each_gets_the_encoding_they_take(cache):
    edition, comment = commented()
    page = addresses(edition, comment)[1]

    codings = [cache.ask(page, **{"Accept-Encoding": each}) for each in ("gzip", "", "gzip")]

    assert [each.headers.get("content-encoding") for each in codings] == ["gzip", None, "gzip"]
    assert codings[0].headers["etag"] != codings[1].headers["etag"]
    known = codings[0].headers["etag"]
    again = cache.ask(page, **{"Accept-Encoding": "gzip", "If-None-Match": known})
    assert (again.status, again.body) == (304, b"")


def test_a_hundred_counts_pass(cache):
    threads = [ThreadFactory.create() for _ in range(100)]

    answer = cache.ask(f"/api/v1/counts?thread={','.join(str(each.pk) for each in threads)}")

    assert (answer.status, answer.body.count(b'"comment_count"')) == (200, 100)
    assert answer.headers["surrogate-key"] == "counts"


def test_a_stream_is_passed_on_as_it_comes(cache, live):
    connection = cache.connection()
    thread = "01900000-0000-7000-8000-000000000000"
    connection.request("GET", f"/stream?thread={thread}:1", headers={"Host": LIVE_HOST})
    answer = connection.getresponse()

    assert answer.getheader("Content-Type") == "text/event-stream"
    assert re.match(rb"retry: \d+|event: \w+", answer.readline())
    answer.close()
    connection.close()


def test_nginx_speaks_http_2_and_takes_long_bodies_only_where_articles_come(an_nginx):
    assert an_nginx.speaks("h2")
    body = b" " * (4 * 1024 * 1024)
    assert an_nginx.ask("/api/v1/render", method="POST", body=body).status == 413
    assert an_nginx.ask("/api/v1/publisher/articles", method="POST", body=body).status == 401
