"""A vote goes round REST framework where it can, and is answered as if it did not."""

import json
from uuid import uuid4

import pytest

from accounts.services import tokens
from comments.models import Vote
from tests.factories import CommentFactory, ReaderFactory, SiteFactory

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def comment():
    return CommentFactory()


def voter(comment):
    return tokens.issue_reader(user=ReaderFactory(), site=comment.thread.site)[1]


def author(comment):
    return tokens.issue_reader(user=comment.author, site=comment.thread.site)[1]


def stranger(comment):
    return tokens.issue_reader(user=ReaderFactory(), site=SiteFactory())[1]


def nobody(comment):
    return "unknown"


def put(client, comment, *, who, body='{"value": 1}', method="put", kind=JSON, **headers):
    headers = {"authorization": f"Bearer {who(comment)}", **headers}
    path = f"/api/v1/threads/{comment.thread_id}/comments/{comment.pk}/vote"
    return getattr(client, method)(path, body, content_type=kind, headers=headers)


ASKED = [
    {"who": voter},
    {"who": voter, "body": '{"value": 0}'},
    {"who": voter, "body": '{"value": 2}'},
    {"who": voter, "body": '{"value": true}'},
    {"who": voter, "body": '{"value": 1, "why": "because"}'},
    {"who": voter, "body": "[1]"},
    {"who": voter, "body": "{"},
    {"who": voter, "body": ""},
    {"who": voter, "body": "", "kind": ""},
    {"who": voter, "body": " " * 1_048_577},
    {"who": voter, "kind": "text/plain"},
    {"who": voter, "method": "post"},
    {"who": voter, "origin": "https://news.example"},
    {"who": author},
    {"who": stranger},
    {"who": nobody},
    {"who": voter, "authorization": ""},
    {"who": nobody, "accept-language": "ko"},
]


def told(answer):
    """All that an answer says to who asked, but for the request's own id."""
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}
    for name in ("Cross-Origin-Opener-Policy", "X-Frame-Options", "Vary"):  # of pages
        headers.pop(name, None)
    return answer.status_code, headers, answer.content and json.loads(answer.content)


@pytest.mark.parametrize("asked", ASKED)
def test_a_vote_is_answered_alike_with_a_cookie_and_without(client, comment, asked):
    short = told(put(client, comment, **asked))
    client.cookies["theme"] = "dark"

    whole = told(put(client, comment, **asked))

    assert short == whole


def test_a_vote_on_what_is_not_there_is_not_found(client, comment):
    comment.pk = uuid4()

    answer = put(client, comment, who=voter)

    assert answer.status_code == 404
    assert not Vote.objects.exists()


def test_votes_without_a_cookie_are_counted_by_the_same_limit(client, comment, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "voting": {"site": ((2, 60),)}}
    several = [put(client, comment, who=voter).status_code for _ in range(2)]
    client.cookies["theme"] = "dark"

    late = put(client, comment, who=voter)

    assert several == [200, 200]
    assert (late.status_code, late.json()["code"]) == (429, "rate_limited")
    assert late["Retry-After"]
