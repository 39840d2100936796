"""One page under many addresses."""

import pytest

from articles.urlkeys import NotAPage, url_key

PAGE = "https://news.example/en/story"


@pytest.mark.parametrize(
    "spelt",
    [
        "https://NEWS.Example/en/story",
        "https://news.example/en/story/",
        "https://news.example/en/story#comment-1",
        "https://news.example/en/story?utm_source=letter&utm_medium=email",
        "https://news.example/en/story?fbclid=abc&gclid=def",
        "http://news.example/en/story",
        "https://news.example:443/en/story",
        "https://news.example./en/story",
        "https://news.example/en/st%6Fry",
        " https://news.example/en/story ",
    ],
)
def test_these_are_the_same_page(spelt):
    assert url_key(spelt) == url_key(PAGE)


@pytest.mark.parametrize(
    "other",
    [
        "https://news.example/en/Story",
        "https://news.example/en/story?id=2",
        "https://news.example/ko/story",
        "https://www.news.example/en/story",
        "https://news.example:8443/en/story",
    ],
)
def test_these_are_other_pages(other):
    assert url_key(other) != url_key(PAGE)


def test_the_order_of_what_is_asked_tells_no_pages_apart():
    assert url_key(f"{PAGE}?a=1&b=2") == url_key(f"{PAGE}?b=2&utm_id=9&a=1")


def test_a_page_in_another_script_is_the_same_escaped_or_not():
    assert url_key("https://news.example/ko/기사") == url_key(
        "https://news.example/ko/%EA%B8%B0%EC%82%AC"
    )


@pytest.mark.parametrize(
    "address",
    ["", "story", "ftp://news.example/x", "javascript:alert(1)", "https://", "https://[::1"],
)
def test_these_are_no_pages(address):
    with pytest.raises(NotAPage):
        url_key(address)
