"""Owners keep their site's keys for single sign-on at the desk."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.services import tokens
from common import clock
from publishers.models import AccessChange, SsoKey
from publishers.services import sso_keys
from publishers.states import Role
from tests.accounts.people import ORIGIN
from tests.accounts.publishers import PAIRS, Publisher, public_pem, sign_on
from tests.factories import ModeratorFactory, SiteFactory
from tests.staff import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return SiteFactory(origins=[ORIGIN])


@pytest.fixture
def owner(site):
    return sign_in(Client(), ModeratorFactory(site=site, role=Role.OWNER, name="Ona"))


def page(site):
    return f"/moderation/sites/{site.pk}/sso"


def signed_in(publisher, subject="reader-7"):
    """The text of a reader token that came of single sign-on."""
    return sign_on(publisher.token(subject)).json()["token"]


def is_live(text):
    return tokens.find(text).revoked_at is None


def test_a_new_secret_signs_readers_in_and_is_shown_in_one_answer_only(site, owner):
    made = owner.post(page(site), {"action": "make", "name": "web team"})

    text, key = made.context["text"], site.sso_keys.get()
    assert text in made.text
    assert key.kid in made.text
    assert "no-store" in made["Cache-Control"]
    assert sso_keys.material(key) == text
    later = owner.get(page(site)).text
    assert text not in later
    assert key.sealed_secret not in later


@pytest.mark.parametrize("algorithm", PAIRS)
def test_a_public_key_is_taken_for_the_algorithm_of_its_kind(site, owner, algorithm):
    form = {"action": "make", "name": "x", "public_key": public_pem(PAIRS[algorithm])}

    answer = owner.post(page(site), form)

    assert answer.status_code == 303
    assert site.sso_keys.get().algorithm == algorithm


def test_a_replaced_key_goes_on_beside_the_new_one(site, owner):
    publisher = Publisher(site)

    answer = owner.post(page(site), {"action": "rotate", "key": publisher.key.kid})

    new = site.sso_keys.exclude(pk=publisher.key.pk).get()
    assert new.name == publisher.key.name
    assert sso_keys.material(new) == answer.context["text"]
    assert is_live(signed_in(publisher))


def test_of_a_public_key_we_make_no_successor(site, owner):
    publisher = Publisher(site, "EdDSA")

    answer = owner.post(page(site), {"action": "rotate", "key": publisher.key.kid})

    assert answer.status_code == 404
    assert site.sso_keys.count() == 1


def test_a_retired_key_signs_nobody_in_and_who_is_in_stays(site, owner):
    publisher = Publisher(site)
    before = signed_in(publisher)

    owner.post(page(site), {"action": "retire", "key": publisher.key.kid})

    assert sign_on(publisher.token()).status_code == 400
    assert is_live(before)


def test_a_leaked_key_is_retired_with_the_sign_ins_it_gave_and_no_others(site, owner):
    leaked, other = Publisher(site), Publisher(site)
    ended = [signed_in(leaked, subject) for subject in ("a", "b")]
    kept = signed_in(other, "c")

    form = {"action": "retire", "key": leaked.key.kid, "sign_ins": "on"}
    answer = owner.post(page(site), form, follow=True)

    assert "2 sign-ins have ended." in answer.text
    assert [is_live(text) for text in ended] == [False, False]
    assert is_live(kept)


def test_who_made_and_who_retired_a_key_is_said(site, owner):
    key, _text = sso_keys.make_secret(site=site, name="by command")
    owner.post(page(site), {"action": "make", "name": "by Ona"})

    owner.post(page(site), {"action": "retire", "key": key.kid})

    rows = {row.key.name: row for row in owner.get(page(site)).context["keys"]}
    assert rows["by command"].made_by is None
    assert rows["by command"].retired_by.name == "Ona"
    assert rows["by Ona"].made_by.name == "Ona"
    assert rows["by Ona"].retired_by is None
    kinds = AccessChange.objects.filter(actor__name="Ona").order_by("pk")
    assert [each.kind for each in kinds] == ["sso_key_made", "sso_key_retired"]


@pytest.mark.parametrize("action", ["make", "rotate"])
def test_a_sixth_live_key_is_refused_in_a_sentence(site, owner, action):
    five = [sso_keys.make_secret(site=site, name="x")[0] for _ in range(5)]

    answer = owner.post(page(site), {"action": action, "name": "new", "key": five[0].kid})

    assert answer.status_code == 409
    assert "at most 5 live keys" in answer.text
    assert site.sso_keys.count() == 5


def test_a_retired_key_is_not_replaced(site, owner):
    key, _text = sso_keys.make_secret(site=site, name="x")
    sso_keys.retire(key)

    answer = owner.post(page(site), {"action": "rotate", "key": key.kid})

    assert answer.status_code == 409
    assert "This key has ended already." in answer.text


@pytest.mark.parametrize("action", ["rotate", "retire"])
def test_the_key_of_another_site_is_absent(owner, site, action):
    key, _text = sso_keys.make_secret(site=SiteFactory(), name="x")

    answer = owner.post(page(site), {"action": action, "key": key.kid})

    assert answer.status_code == 404
    assert SsoKey.objects.live().filter(pk=key.pk).exists()


@pytest.mark.parametrize("key", ["", "x", "\x00", "9" * 400])
def test_a_senseless_key_is_absent(owner, site, key):
    answer = owner.post(page(site), {"action": "retire", "key": key})

    assert answer.status_code == 404


def test_the_page_takes_as_many_queries_however_many_keys(owner, site):
    owner.get(page(site))

    def asked():
        with CaptureQueriesContext(connection) as asked:
            owner.get(page(site))
        return len(asked)

    sso_keys.make_secret(site=site, name="x")
    one = asked()
    for _ in range(4):
        sso_keys.make_secret(site=site, name="x")
    SsoKey.objects.update(last_used_at=clock.now())
    assert asked() == one
