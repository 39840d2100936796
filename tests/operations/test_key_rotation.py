"""A new SECRET_KEY: what the old one signed or sealed goes on meanwhile, and not afterwards."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.fernet import InvalidToken
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.services import challenges, tokens
from common import cursors
from operations.release import key_mark, key_marks
from publishers.models import SsoKey
from publishers.services import sso_keys
from tests.accounts.solving import solve
from tests.factories import SiteFactory, UserFactory

pytestmark = pytest.mark.django_db
OLD, NEW = "old" * 20, "new" * 20
Turn = Callable[..., None]


@pytest.fixture
def turn(settings: Any) -> Turn:
    """Set the key and the fallbacks; at first there is only the old key."""

    def turn(key: str, *fallbacks: str) -> None:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = key, list(fallbacks)

    turn(OLD)
    return turn


def test_a_cursor_goes_on_until_its_key_is_dropped(turn: Turn) -> None:
    text = str(cursors.Cursor("list", (1,)))

    turn(NEW, OLD)
    assert cursors.read(text, scope="list") == cursors.Cursor("list", (1,))
    turn(NEW)
    with pytest.raises(cursors.BadCursor):
        cursors.read(text, scope="list")


def test_a_process_that_only_accepts_the_new_key_yet_reads_what_is_signed_with_it(
    turn: Turn,
) -> None:
    turn(NEW, OLD)
    text = str(cursors.Cursor("list", (1,)))

    turn(OLD, NEW)

    assert cursors.read(text, scope="list")


def test_who_asks_for_a_page_meanwhile_stays_signed_in_and_the_others_do_not(turn: Turn) -> None:
    here, away = Client(), Client()
    for client in (here, away):
        client.force_login(UserFactory())

    turn(NEW, OLD)
    assert here.get("/accounts/").status_code == 200
    turn(NEW)

    assert here.get("/accounts/").status_code == 200
    assert away.get("/accounts/").status_code == 302


def test_a_token_counts_until_the_key_of_its_time_is_dropped(turn: Turn) -> None:
    _token, text = tokens.issue_reader(user=UserFactory(), site=SiteFactory())
    reader = Client(headers={"Authorization": f"Bearer {text}"})

    turn(NEW, OLD)
    assert reader.get("/api/v1/me").status_code == 200
    turn(NEW)
    assert reader.get("/api/v1/me").status_code == 401


def test_a_proof_of_work_counts_that_was_asked_for_under_the_old_key(turn: Turn) -> None:
    one, other = (challenges.make(purpose="sign up", who="them") for _ in range(2))

    turn(NEW, OLD)
    assert challenges.is_solved(solve(one), purpose="sign up", who="them")
    turn(NEW)
    assert not challenges.is_solved(solve(other), purpose="sign up", who="them")


def test_sealed_secrets_outlive_their_key_once_they_are_sealed_anew(turn: Turn) -> None:
    reader, site = UserFactory(), SiteFactory()
    TOTP.activate(reader, "KRSXG5CTMVRXEZLU")
    key, text = sso_keys.make_secret(site=site, name="Shop")

    turn(NEW, OLD)
    call_command("reseal_secrets")
    turn(NEW)

    totp = Authenticator.objects.get(user=reader, type=Authenticator.Type.TOTP)
    assert sso_keys.material(SsoKey.objects.get(pk=key.pk)) == text
    assert TOTP(totp).validate_code("000000") is False  # it opens, and says no


def test_sealed_secrets_are_lost_with_a_key_that_went_too_soon(turn: Turn) -> None:
    key, _text = sso_keys.make_secret(site=SiteFactory(), name="Shop")

    turn(NEW)

    with pytest.raises(CommandError, match="No key in use opens 0 second factors and 1 sign-in"):
        call_command("reseal_secrets")
    with pytest.raises(InvalidToken):
        sso_keys.material(SsoKey.objects.get(pk=key.pk))


def test_a_backup_of_the_old_key_is_known_while_that_key_is(turn: Turn) -> None:
    mark = key_mark()

    turn(NEW, OLD)
    assert mark in key_marks()
    turn(NEW)
    assert mark not in key_marks()
