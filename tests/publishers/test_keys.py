"""API keys: hashed, scoped, replaced with an overlap, ended, and noted when used."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from common import clock
from publishers.models import ApiKey
from publishers.services import keys
from publishers.states import Scope
from tests.factories import ArticleFactory, EditionFactory, ModeratorFactory, SiteFactory

pytestmark = pytest.mark.django_db
ARTICLE = "/api/v1/publisher/articles/night-ferry"
STORY = {
    "editions": [{"locale": "en", "url": "https://news.example/en/ferry", "title": "The ferry"}]
}


@pytest.fixture
def site():
    return SiteFactory(origins=["https://news.example"])


def put(path, body, text):
    headers = {"Authorization": f"Bearer {text}"}
    return Client().put(path, body, content_type="application/json", headers=headers)


def test_a_key_opens_what_its_scopes_name_and_nothing_else(site):
    EditionFactory(article=ArticleFactory(site=site, external_id="night-ferry"))
    related = {"edition": "en", "related": []}
    _, articles_only = keys.issue(site=site, name="cms", scopes=[Scope.ARTICLES_WRITE])
    _, related_only = keys.issue(site=site, name="desk", scopes=[Scope.RELATED_WRITE])

    outcomes = [
        put(path, body, text)
        for text in (articles_only, related_only)
        for path, body in ((ARTICLE, STORY), (f"{ARTICLE}/related", related))
    ]

    assert [answer.status_code for answer in outcomes] == [200, 403, 403, 204]
    refused = outcomes[1].json()
    assert refused["code"] == "scope_missing"
    assert "related:write" in refused["detail"]


def test_a_key_without_the_scope_cannot_tell_what_exists(site):
    ArticleFactory(site=site, external_id="night-ferry")
    _, text = keys.issue(site=site, name="cms", scopes=[Scope.ARTICLES_WRITE])

    there = put(f"{ARTICLE}/related", {}, text)
    absent = put("/api/v1/publisher/articles/none/related", {}, text)

    assert (there.status_code, there.json()) == (absent.status_code, absent.json())


def test_a_method_that_no_scope_names_is_closed(site):
    _, text = keys.issue(site=site, name="cms")

    answer = Client().get(f"{ARTICLE}/related", headers={"Authorization": f"Bearer {text}"})

    assert answer.status_code == 405


def test_a_replaced_key_goes_on_for_the_overlap_and_no_longer(site):
    old, old_text = keys.issue(site=site, name="cms", scopes=[Scope.ARTICLES_WRITE])

    new, new_text = keys.rotate(old.pk, overlap=timedelta(hours=1))

    assert (new.name, new.scopes) == ("cms", ["articles:write"])
    assert keys.find(old_text) == old
    assert keys.find(new_text) == new
    with time_machine.travel(clock.now() + timedelta(minutes=61), tick=False):
        assert keys.find(old_text) is None
        assert keys.find(new_text) == new


def test_a_key_replaced_at_once_ends_at_once(site):
    old, old_text = keys.issue(site=site, name="cms")

    keys.rotate(old.pk, overlap=timedelta(0))

    assert put(ARTICLE, STORY, old_text).status_code == 401


def test_replacing_never_lengthens_a_keys_life(site):
    soon = clock.now() + timedelta(minutes=5)
    old, _ = keys.issue(site=site, name="cms", expires_at=soon)

    new, _ = keys.rotate(old.pk, overlap=timedelta(days=7))

    old.refresh_from_db()
    assert (old.expires_at, new.expires_at) == (soon, soon)


def test_a_key_that_ended_is_not_replaced(site):
    old, _ = keys.issue(site=site, name="cms")
    keys.revoke(old)

    with pytest.raises(keys.KeyEnded):
        keys.rotate(old.pk, overlap=timedelta(days=1))

    assert ApiKey.objects.count() == 1


def test_a_key_ends_on_its_day(site):
    _, text = keys.issue(site=site, name="cms", expires_at=clock.now() + timedelta(days=30))

    before = put(ARTICLE, STORY, text)
    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        after = put(ARTICLE, STORY, text)

    assert (before.status_code, after.status_code) == (201, 401)
    assert after.json()["code"] == "api_key_unknown"
    assert after["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_key_is_refused_from_the_next_request_on(site):
    key, text = keys.issue(site=site, name="cms")
    assert put(ARTICLE, STORY, text).status_code == 201

    keys.revoke(key)

    assert put(ARTICLE, STORY, text).status_code == 401


def test_use_is_noted_at_most_every_ten_minutes(site, django_assert_num_queries):
    key, text = keys.issue(site=site, name="cms")
    with django_assert_num_queries(2):
        keys.find(text)
    first = ApiKey.objects.get(pk=key.pk).last_used_at
    with django_assert_num_queries(1):
        keys.find(text)

    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
        keys.find(text)

    assert first is not None
    assert ApiKey.objects.get(pk=key.pk).last_used_at > first + timedelta(minutes=10)


def test_no_text_of_a_key_is_stored_anywhere_in_its_row(site):
    key, text = keys.issue(site=site, name="cms")

    row = ApiKey.objects.values().get(pk=key.pk)

    assert not any(text in str(value) or text[10:] in str(value) for value in row.values())


def test_the_database_takes_no_scope_that_does_not_exist(site):
    with pytest.raises(IntegrityError), transaction.atomic():
        keys.issue(site=site, name="cms", scopes=["everything"])


def test_what_becomes_of_keys_is_on_record(site):
    owner = ModeratorFactory(site=site, role="owner")
    key, text = keys.issue(site=site, name="cms", actor=owner)
    new, _ = keys.rotate(key.pk, overlap=timedelta(days=1), actor=owner)
    keys.revoke(new, actor=owner)
    keys.revoke(new, actor=owner)  # nothing new

    rows = site.access_changes.filter(kind__startswith="key").order_by("id")

    assert [(row.kind, row.actor) for row in rows] == [
        ("key_made", owner),
        ("key_rotated", owner),
        ("key_revoked", owner),
    ]
    assert not any(text[12:] in row.subject for row in rows)
