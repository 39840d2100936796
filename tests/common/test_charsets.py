"""A request is read as UTF-8, whatever it says of itself."""

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from common.charsets import UNREAD, in_utf8_only


def request_of(content_type: str) -> WSGIRequest:
    """The request that Django makes of a query and a body with this content type."""
    environ = RequestFactory().get("/api/v1/counts", {"thread": "x"}).environ
    environ["CONTENT_TYPE"] = content_type
    found: list[WSGIRequest] = []
    answer = in_utf8_only(lambda asked, start: found.append(WSGIRequest(asked)) or [])
    list(answer(environ, lambda status, headers: None))
    return found[0]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=bz2_codec",
        "text/html;charset=undefined",
        'text/plain; a=b; CHARSET="hex"',
        "application/x-www-form-urlencoded; charset=utf-16",
        "application/json; charset*=bz2_codec",
        "text/html; charset=utf-8; charset=bz2_codec",
    ],
)
def test_another_charset_is_bytes_of_no_known_kind(content_type: str) -> None:
    request = request_of(content_type)

    assert request.content_type == UNREAD
    assert request.GET["thread"] == "x"


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "application/json; charset=utf-8", "a/b; charset=UTF8"]
)
def test_utf8_is_read_as_what_it_is(content_type: str) -> None:
    assert request_of(content_type).content_type == content_type.partition(";")[0]
