"""Keys for single sign-on: made by command or in the admin, sealed at rest, retired."""

import json
from io import StringIO

import pytest
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import User
from accounts.services import staff, tokens
from publishers.models import AccessChange, SsoKey
from publishers.services import sso_keys
from publishers.states import SsoAlgorithm
from tests.accounts.people import ORIGIN
from tests.accounts.publishers import PAIRS, Publisher, public_pem, sign_on
from tests.factories import SiteFactory
from tests.staff import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator():
    person = User.objects.create_superuser("operator@mail.example", name="Op")
    staff.vouch_for_address(person)
    return sign_in(Client(), person)


def command(*arguments):
    said = StringIO()
    call_command("create_sso_key", *arguments, "--json", stdout=said)
    return json.loads(said.getvalue())


def test_a_secret_is_told_once_and_kept_sealed():
    site = SiteFactory()

    made = command("--site", str(site.pk))

    key = SsoKey.objects.get()
    assert (made["kid"], made["algorithm"], key.site) == (key.kid, "HS256", site)
    assert len(made["secret"]) >= 32
    assert made["secret"] not in key.sealed_secret
    assert sso_keys.material(key) == made["secret"]


def test_a_sealed_secret_opens_with_a_former_secret_key_and_no_other(settings):
    key, secret = sso_keys.make_secret(site=SiteFactory(), name="x")
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 8

    with pytest.raises(InvalidToken):
        sso_keys.material(key)
    settings.SECRET_KEY_FALLBACKS = [former]
    assert sso_keys.material(key) == secret


@pytest.mark.parametrize("algorithm", PAIRS)
def test_a_public_key_is_for_the_algorithm_of_its_kind(algorithm, tmp_path):
    file = tmp_path / "public.pem"
    file.write_text(public_pem(PAIRS[algorithm]))

    made = command("--site", SiteFactory().name, "--public-key", str(file))

    assert (made["algorithm"], made["secret"]) == (algorithm, None)


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "a secret",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        public_pem(rsa.generate_private_key(65_537, 1_024)),
        public_pem(ec.generate_private_key(ec.SECP384R1())),
        public_pem(ed448.Ed448PrivateKey.generate()),
    ],
    ids=["nothing", "words", "broken", "short RSA", "another curve", "Ed448"],
)
def test_any_other_key_is_refused(pem):
    with pytest.raises(ValidationError):
        sso_keys.add_public_key(site=SiteFactory(), name="x", pem=pem)


def test_a_site_has_five_live_keys_at_most():
    site = SiteFactory()
    first, *_others = [sso_keys.make_secret(site=site, name="x")[0] for _ in range(5)]

    with pytest.raises(CommandError, match="at most 5"):
        command("--site", str(site.pk))

    call_command("retire_sso_key", first.kid, stdout=StringIO())
    command("--site", str(site.pk))


def test_the_command_ends_what_a_leaked_key_signed_in():
    publisher = Publisher(SiteFactory(origins=[ORIGIN]))
    text = sign_on(publisher.token()).json()["token"]

    call_command("retire_sso_key", publisher.key.kid, "--end-sign-ins", stdout=StringIO())

    assert tokens.find(text).revoked_at is not None


def test_the_command_knows_no_such_site_or_key():
    with pytest.raises(CommandError, match="no site"):
        command("--site", "nowhere")
    with pytest.raises(CommandError, match="no key"):
        call_command("retire_sso_key", "000000000000")


@pytest.mark.parametrize(
    "wrong",
    [
        {"algorithm": "none", "sealed_secret": "x"},
        {"algorithm": SsoAlgorithm.HS256, "public_key": "x"},
        {"algorithm": SsoAlgorithm.RS256, "sealed_secret": "x"},
        {"algorithm": SsoAlgorithm.RS256, "sealed_secret": "x", "public_key": "x"},
        {"algorithm": SsoAlgorithm.HS256},
    ],
)
def test_the_database_keeps_secrets_and_public_keys_apart(wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        SiteFactory().sso_keys.create(kid="k", name="x", **wrong)


# -- in the admin ----------------------------------------------------------------------------
def test_a_key_made_in_the_admin_is_told_once(operator):
    site = SiteFactory()
    page = reverse("admin:publishers_ssokey_add")
    wanted = {"site": str(site.pk), "name": "web team", "public_key": ""}

    answer = operator.post(page, wanted, follow=True)

    key = SsoKey.objects.get()
    assert sso_keys.material(key) in answer.content.decode()
    change = reverse("admin:publishers_ssokey_change", args=[key.pk])
    later = operator.get(change).content.decode()
    assert sso_keys.material(key) not in later
    assert key.sealed_secret not in later


def test_what_is_no_public_key_is_said_in_the_admin(operator):
    wanted = {"site": str(SiteFactory().pk), "name": "x", "public_key": "a secret"}

    answer = operator.post(reverse("admin:publishers_ssokey_add"), wanted)

    assert "This is not a public key." in answer.content.decode()
    assert not SsoKey.objects.exists()


def test_keys_are_retired_in_the_admin(operator):
    key, _secret = sso_keys.make_secret(site=SiteFactory(), name="x")
    chosen = {"action": "retire", "_selected_action": [key.pk]}

    operator.post(reverse("admin:publishers_ssokey_changelist"), chosen)

    key.refresh_from_db()
    assert key.retired_at is not None
    made, retired = AccessChange.objects.order_by("pk")
    assert (made.kind, made.actor, made.subject) == ("sso_key_made", None, str(key))
    assert (retired.kind, retired.subject) == ("sso_key_retired", str(key))
    assert retired.actor.is_superuser


def test_a_key_retired_again_is_on_record_once():
    key, _secret = sso_keys.make_secret(site=SiteFactory(), name="x")

    for _ in range(2):
        sso_keys.retire(key)

    assert AccessChange.objects.filter(kind="sso_key_retired").count() == 1


def test_a_reader_is_found_in_the_admin_by_their_publishers_id(operator):
    publisher = Publisher(SiteFactory(origins=[ORIGIN]))
    sign_on(publisher.token("reader-7", name="Juniper"))

    found = operator.get("/admin/accounts/user/?q=reader-7").content.decode()

    assert "Juniper" in found


def test_nobody_deletes_or_changes_a_key_in_the_admin():
    page = admin.site._registry[SsoKey]
    request = RequestFactory().get("/")

    assert not page.has_delete_permission(request)
    assert not page.has_change_permission(request, SsoKey())
