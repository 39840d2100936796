"""`/me`: who is signed in, and what readers may change of themselves."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import tokens
from tests.factories import ReaderFactory, SiteFactory

pytestmark = pytest.mark.django_db


def change(reader, body):
    _, text = tokens.issue_reader(user=reader, site=SiteFactory())
    return Client().patch(
        "/api/v1/me",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )


def test_me_tells_who_is_signed_in_and_publishers_pages_no_address():
    reader = ReaderFactory(name="Ada", email="ada@mail.example", locale="ko")
    _, text = tokens.issue_reader(user=reader, site=SiteFactory())

    answer = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {text}"})

    assert answer.json() == {
        "id": str(reader.pk),
        "name": "Ada",
        "email": None,
        "locale": "ko",
        "joined_at": reader.joined_at.isoformat().replace("+00:00", "Z"),
        "avatar_url": None,
        "badges": [],
        "public_page": False,
        "name_locked_until": None,
    }


def test_name_and_language_can_be_changed():
    reader = ReaderFactory()

    answer = change(reader, {"name": "  Ada   Lovelace ", "locale": "ja"})

    assert answer.status_code == 200
    reader.refresh_from_db()
    assert (reader.name, reader.locale) == ("Ada Lovelace", "ja")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"name": ""}, "/name", "empty"),
        ({"name": "   "}, "/name", "empty"),
        ({"name": "a" * 51}, "/name", "too_long"),
        ({"name": "Ada\u200b"}, "/name", "unseen_characters"),
        ({"name": "Ada\r\nBcc: all"}, "/name", "unseen_characters"),
        ({"name": 7}, "/name", "invalid"),
        ({"name": None}, "/name", "null"),
        ({"locale": "tlh"}, "/locale", "invalid_choice"),
        ({"email": "eve@mail.example"}, "/email", "unknown_field"),
        ({"is_staff": True}, "/is_staff", "unknown_field"),
        ({"id": "x"}, "/id", "unknown_field"),
    ],
)
def test_what_cannot_be_changed_is_refused_by_name(body, pointer, code):
    reader = ReaderFactory(name="Ada")

    answer = change(reader, body)

    assert answer.status_code == 400
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert User.objects.get(pk=reader.pk).name == "Ada"
