"""A reader token lies on publishers' pages: what else could somebody do who got hold of one?"""

from http import HTTPStatus

import pytest
from django.test import Client

from accounts.models import Token, User
from accounts.services import tokens
from tests.abuse.cast import bearer, cookie
from tests.abuse.scene import Scene, undone
from tests.routes import ROUTES

pytestmark = pytest.mark.django_db

ORIGIN = "https://news.example"


@pytest.fixture
def text(scene: Scene) -> str:
    """A token of a reader who is also an owner's staff and an operator."""
    user = scene.member("owner").user
    assert user
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    return tokens.issue_reader(user=user, site=scene.here, origin=ORIGIN)[1]


def test_it_is_no_session_anywhere_in_the_api(scene, text):
    thread = scene.threads[0].ids["thread_id"]
    for path in ("me", "me/notices", f"me/threads/{thread}"):
        assert cookie(text).get(f"/api/v1/{path}").status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize(
    "origin",
    [
        "https://other.example",
        "null",
        "https://news.example.evil.example",
        "http://news.example",
        "https://news.example:8443",
        "https://NEWS.example",
        "https://sub.news.example",
        "",
    ],
)
def test_it_is_refused_from_another_origin(scene, text, origin):
    answer = bearer(text).get("/api/v1/me", headers={"origin": origin})

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert answer.json()["code"] == "wrong_origin"
    assert answer.headers.get("Access-Control-Allow-Origin") in (None, ORIGIN)
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_it_acts_on_no_other_site(scene, text):
    there = scene.threads[1].ids
    path = f"/api/v1/threads/{there['thread_id']}/comments"
    vote = f"{path}/{there['comment_id']}/vote"
    client = bearer(text)

    posted = client.post(path, {"body": "Hello"}, content_type="application/json")
    voted = client.put(vote, {"value": 1}, content_type="application/json")

    assert (posted.status_code, voted.status_code) == (404, 404)


def test_it_cannot_be_traded_for_a_token_of_the_account(scene, text):
    Client(headers={"x-session-token": text}).get("/_allauth/app/v1/auth/session")
    client = bearer(text)
    client.post("/_allauth/app/v1/tokens/refresh", {"refresh_token": text}, "application/json")

    assert not Token.objects.filter(user=scene.member("owner").user, kind="app").exists()
    assert "sessionid" not in client.cookies


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, route.path)
        for route in ROUTES
        for method in route.methods
        if route.path.startswith("/api/v1/") and method != "GET"
    ],
)
def test_a_session_without_csrf_token_changes_nothing(scene, method, path):
    """What a form on another website could have a browser send."""
    route = next(route for route in ROUTES if route.path == path)
    member = scene.member("session")
    client = Client(enforce_csrf_checks=True)
    client.cookies = member.client.cookies
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/json"):
        with undone():
            answer = client.generic(
                method,
                scene.threads[0].address(route),
                "{}",
                content_type=content_type,
                headers={"origin": "https://other.example"},
            )
        assert 400 <= answer.status_code < 500, content_type
        assert "Access-Control-Allow-Origin" not in answer.headers
