"""Nobody writes what is not theirs to write: every column's name is sent to every address."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers as rows

from common.ids import new_id
from common.serializers import MOST_NAMED
from tests.abuse import samples
from tests.abuse.documented import fields_of
from tests.abuse.scene import Scene, undone
from tests.abuse.test_bodies import NAMES, READING, asker
from tests.routes import Route

pytestmark = pytest.mark.django_db

OURS = ("accounts", "articles", "comments", "moderation", "notifications", "outbox", "publishers")
#: Every field of every model of ours, as a column, as a relation and as our API words it.
FIELDS = sorted(
    {
        name
        for app in OURS
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields()
        for name in (field.name, getattr(field, "attname", field.name))
    }
    | {
        "is_superuser",
        "password",
        "role",
        "scopes",
        "score",
        "votes",
        "badges",
        "_state",
        "__proto__",
    }
)
#: What nobody may set through the API: kept as it was, or as the service itself gives it.
KEPT = {
    "comments.comment": ["author", "thread", "featured", "up_count", "down_count", "created_at"],
    "comments.thread": ["site", "state", "comment_count", "slow_seconds"],
    "accounts.user": ["email", "is_staff", "is_superuser", "is_active", "password", "joined_at"],
    "accounts.token": ["user", "site", "kind", "origin", "expires_at"],
    "publishers.site": ["name", "screening", "hook_url", "hook_secret"],
    "publishers.staffmembership": ["user", "site", "role"],
    "publishers.apikey": ["site", "digest", "revoked_at"],
    "moderation.case": ["comment", "site"],
}


def kept() -> dict[str, dict[str, Any]]:
    """The guarded fields of every stored row."""
    found = {}
    for name, fields in KEPT.items():
        model = apps.get_model(name)
        for row in json.loads(rows.serialize("json", model._default_manager.all())):
            found[f"{name} {row['pk']}"] = {field: row["fields"][field] for field in fields}
    return found


@pytest.mark.parametrize(("route", "method"), READING, ids=NAMES)
def test_no_field_of_a_model_passes_beside_those_of_the_address(
    scene: Scene, route: Route, method: str
) -> None:
    member, place = asker(scene, route, method)
    sample = samples.body_for(method, route.path)
    strange = sorted(set(FIELDS) - set(fields_of(route.path, method)) - set(sample))
    before = kept()
    passed = []
    for at in range(0, len(strange), MOST_NAMED):
        names = strange[at : at + MOST_NAMED]
        body = json.dumps(sample | {name: str(new_id()) for name in names})
        with undone():
            answer = member.client.generic(
                method, place.address(route), body, content_type="application/json"
            )
        said = {each["pointer"][1:]: each["code"] for each in answer.json().get("errors", ())}
        passed += [name for name in names if said.get(name) != "unknown_field"]

    assert passed == []
    assert kept() == before


@pytest.mark.parametrize(("route", "method"), READING, ids=NAMES)
def test_what_passes_changes_nothing_that_is_guarded(
    scene: Scene, route: Route, method: str
) -> None:
    member, place = asker(scene, route, method)
    before = kept()
    with undone():
        body = json.dumps(samples.body_for(method, route.path))
        member.client.generic(method, place.address(route), body, content_type="application/json")
        after = kept()

    assert {row: after[row] for row in before} == before
