"""What a CDN is told: of how long it may keep an answer, and what it is to forget.

Fastly and Cloudflare are played by a server of ours that gets what their documentation asks for;
Varnish is real (tests/edge/test_caches.py).
"""

import json
from ipaddress import ip_network

import pytest

from common import cdn
from common.breaker import OPENS_AFTER, CircuitOpen
from common.outbound import BadAnswer, BadStatus
from tests.common.hook_server import hook_server, saying

KEYS = ["article-1", "thread-2"]


@pytest.fixture
def server(settings):
    """The API of the CDN."""
    settings.OUTBOUND_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    settings.CDN_SECONDS, settings.CDN_PURGE_TOKEN = 60, "secret"
    with hook_server() as server:
        settings.CDN_PURGE_URLS = [f"{server.url}/purge"]
        yield server


@pytest.fixture
def fastly(server, settings):
    settings.CDN_PURGER = "fastly"
    server.answer = saying(200, b'{"article-1": "1-2-3", "thread-2": "1-2-4"}')
    return server


@pytest.fixture
def cloudflare(server, settings):
    settings.CDN_PURGER = "cloudflare"
    server.answer = saying(200, b'{"success": true, "errors": [], "result": {"id": "1"}}')
    return server


def test_fastly_is_told_all_keys_in_one_call(fastly):
    cdn.forget(KEYS)

    [call] = fastly.calls
    assert (call.path, json.loads(call.body)) == ("/purge", {"surrogate_keys": KEYS})
    assert call.headers["fastly-key"] == "secret"
    assert call.headers["content-type"] == call.headers["accept"] == "application/json"
    assert "fastly-soft-purge" not in call.headers


def test_cloudflare_is_told_all_tags_in_one_call(cloudflare):
    cdn.forget(KEYS)

    [call] = cloudflare.calls
    assert (call.path, json.loads(call.body)) == ("/purge", {"tags": KEYS})
    assert call.headers["authorization"] == "Bearer secret"
    assert call.headers["content-type"] == "application/json"


def test_no_call_has_more_keys_than_the_cdn_takes(cloudflare):
    keys = [f"thread-{number}" for number in range(250)]

    cdn.forget(keys)

    told = [json.loads(call.body)["tags"] for call in cloudflare.calls]
    assert [len(each) for each in told] == [100, 100, 50]
    assert [key for each in told for key in each] == keys


@pytest.mark.parametrize("body", [b'{"success": false, "errors": [{"code": 1}]}', b"{}", b"x"])
def test_cloudflare_has_to_say_that_it_did(cloudflare, body):
    cloudflare.answer = saying(200, body)

    with pytest.raises(BadAnswer):
        cdn.forget(KEYS)


def test_an_address_that_refuses_keeps_none_of_the_others_from_being_told(fastly, settings):
    with hook_server() as other:
        other.answer = saying(403)
        settings.CDN_PURGE_URLS = [other.url, *settings.CDN_PURGE_URLS]

        with pytest.raises(BadStatus):
            cdn.forget(KEYS)

    assert len(fastly.calls) == 1


def test_a_cdn_that_fails_is_left_alone_and_keeps_nothing_meanwhile(fastly):
    fastly.answer = saying(500)
    for _ in range(OPENS_AFTER):
        assert cdn.lasting(KEYS)
        with pytest.raises(BadStatus):
            cdn.forget(KEYS)

    with pytest.raises(CircuitOpen):
        cdn.forget(KEYS)
    assert cdn.lasting(KEYS) == {}


@pytest.mark.parametrize(
    ("purger", "said"),
    [
        ("none", {}),
        ("fastly", {"Surrogate-Control": "max-age=60"}),
        (
            "cloudflare",
            {"Cloudflare-CDN-Cache-Control": "max-age=60", "Cache-Tag": "article-1,thread-2"},
        ),
        ("varnish", {"Surrogate-Control": "max-age=60"}),
    ],
)
def test_only_who_can_be_told_may_keep_an_answer(server, settings, purger, said):
    settings.CDN_PURGER = purger

    told = cdn.lasting(KEYS)

    assert told == (said | {"X-Accel-Expires": "0"} if said else {})


def test_nobody_is_told_where_there_is_no_cdn(server):
    cdn.forget(KEYS)

    assert server.calls == []
