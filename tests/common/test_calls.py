"""What a call of the API is spared that pages need, and that it changes no answer."""

import pytest

pytestmark = pytest.mark.django_db
ME = "/api/v1/me"


def test_a_call_that_brings_no_cookie_has_no_session(client):
    assert not hasattr(client.get(ME).wsgi_request, "session")


def test_a_call_that_brings_a_cookie_may_be_somebodys_on_our_pages(client):
    client.cookies["sessionid"] = "unknown"

    assert hasattr(client.get(ME).wsgi_request, "session")


@pytest.mark.parametrize(
    ("accepted", "spoken"),
    [("ko", "ko"), ("ja-JP, en;q=0.5", "ja"), ("xx, ko;q=0.2", "ko"), ("", "en"), (";q=,*", "en")],
)
@pytest.mark.parametrize("cookie", [None, "unknown"])
def test_a_call_is_answered_in_the_language_it_asks_for(client, accepted, spoken, cookie):
    if cookie:
        client.cookies["sessionid"] = cookie

    answer = client.get(ME, headers={"Accept-Language": accepted})

    assert answer["Content-Language"] == spoken
    assert "Accept-Language" in answer["Vary"]


def test_what_may_be_done_is_told_where_something_may_not(client):
    assert client.post(ME)["Allow"] == "GET, PATCH, HEAD, OPTIONS"
    assert client.options(ME)["Allow"] == "GET, PATCH, HEAD, OPTIONS"
    assert "Allow" not in client.get(ME).headers
