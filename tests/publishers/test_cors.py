"""Who may call from which web origin."""

import pytest

from publishers.services import cross_origin
from tests.factories import SiteFactory, ThreadFactory

pytestmark = pytest.mark.django_db
OURS, STRANGER = "https://news.example", "https://stranger.example"


@pytest.fixture
def path():
    thread = ThreadFactory(site=SiteFactory(origins=[OURS]))
    return f"/api/v1/threads/{thread.pk}/comments"


def preflight(client, path, origin, method):
    return client.options(path, headers={"origin": origin, "access-control-request-method": method})


def test_a_registered_origin_may_write(client, path):
    answer = preflight(client, path, OURS, "POST")

    assert answer["Access-Control-Allow-Origin"] == OURS
    assert "Authorization" in answer["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize(
    "origin",
    [
        STRANGER,
        "null",
        "http://news.example",
        "https://news.example:444",
        "https://NEWS.example",
        "https://news.example.stranger.example",
        "https://notnews.example",
    ],
)
def test_an_origin_that_is_not_registered_may_not_write(client, path, origin):
    assert "Access-Control-Allow-Origin" not in preflight(client, path, origin, "POST")


def test_every_origin_may_read_what_is_public(client, path):
    read = client.get(path, headers={"origin": STRANGER})

    assert preflight(client, path, STRANGER, "GET")["Access-Control-Allow-Origin"] == "*"
    assert read["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in read["Access-Control-Expose-Headers"]


def test_a_refusal_is_readable_by_a_registered_origin_only(client, path):
    ours = client.post(path, headers={"origin": OURS})
    strange = client.post(path, headers={"origin": STRANGER})

    assert ours["Access-Control-Allow-Origin"] == OURS
    assert "Access-Control-Allow-Origin" not in strange


@pytest.mark.parametrize("page", ["/admin/", "/moderation/", "/accounts/login/", "/"])
def test_our_own_pages_are_shared_with_no_origin(client, page):
    assert "Access-Control-Allow-Origin" not in client.get(page, headers={"origin": OURS})


def test_an_endless_origin_is_not_remembered(client, path):
    endless = "https://" + "a" * 60_000

    assert "Access-Control-Allow-Origin" not in preflight(client, path, endless, "POST")
    assert endless not in cross_origin._remembered
