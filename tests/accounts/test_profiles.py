"""Names that pass for staff, names that are locked, badges, mutes: each at its entrance."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.forms import ChooseName, SignupName
from accounts.models import LONGEST_BADGE, Mute, SiteProfile, User
from accounts.services import mutes, naming, profile, site_profiles, tokens
from accounts.services.stand_ins import stand_ins
from publishers.models import StaffMembership
from publishers.states import Role
from tests.factories import ReaderFactory, SiteFactory

pytestmark = pytest.mark.django_db


def appoint(user, site):
    StaffMembership.objects.create(user=user, site=site, role=Role.MODERATOR)


@pytest.fixture
def site():
    return SiteFactory(name="The Harbour Post")


@pytest.fixture
def reader():
    return ReaderFactory(name="Ada")


@pytest.fixture
def client(reader, site):
    _, text = tokens.issue_reader(user=reader, site=site)
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.fixture
def first_party(reader):
    client = Client()
    client.force_login(reader)
    return client


def change(client, body, **headers):
    return client.patch("/api/v1/me", body, content_type="application/json", headers=headers)


def codes(answer):
    return [error["code"] for error in answer.json()["errors"]]


# -- passing for staff ---------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["Minji Oh", "Minji 0h", "Мinji Oh", "minji oh"])
def test_a_reader_is_not_called_like_one_of_the_staff(client, site, name):
    appoint(ReaderFactory(name="Minji Oh"), site)

    answer = change(client, {"name": name})

    assert answer.status_code == 400
    assert codes(answer)[0] in {"reserved_name", "mixed_scripts"}


@pytest.mark.parametrize("name", ["Admin", "운영자", "運営", "The Harb0ur Post"])
def test_nor_like_an_office_or_the_site(client, name):
    assert codes(change(client, {"name": name})) == ["reserved_name"]


def test_two_readers_may_have_one_name(client):
    ReaderFactory(name="Kim")

    assert change(client, {"name": "Kim"}).status_code == 200


def test_staff_may_be_called_what_they_are(client, site, reader):
    appoint(reader, site)

    assert change(client, {"name": "Moderator Ada"}).status_code == 200


def test_a_reader_keeps_the_name_that_a_colleague_came_to_have(client, site, reader):
    appoint(ReaderFactory(name="Ada"), site)

    assert change(client, {"name": "Ada", "locale": "ko"}).status_code == 200


@pytest.mark.parametrize("form", [SignupName, ChooseName])
def test_forms_refuse_what_the_api_refuses(form):
    assert "reserved_name" in form({"name": "Admin"}).errors.as_json()
    assert "mixed_scripts" in form({"name": "Аda"}).errors.as_json()
    assert form({"name": "Ada"}).is_valid()


def test_a_name_from_another_service_falls_back():
    assert naming.given("Аda\u200b", otherwise="Reader 1") == "Ada"
    assert naming.given("Administrator", otherwise="Reader 1") == "Reader 1"
    assert naming.given("\u202e", otherwise="Reader 1") == "Reader 1"


def test_imported_names_are_tamed():
    [account] = stand_ins({"x@import.invalid": "  Ad\u200ba\u202e "}).values()

    assert User.objects.get(pk=account).name == "Ada"


def test_staff_are_not_appointed_under_a_name_that_is_none(site):
    with pytest.raises(CommandError):
        call_command(
            "add_staff",
            site=str(site.pk),
            email="b@news.example",
            role=Role.MODERATOR,
            name="B\u200bo",
        )


# -- locked names --------------------------------------------------------------------------------
def test_a_locked_name_stays_until_its_day(client, reader, site):
    until = timezone.now() + timedelta(days=3)
    site_profiles.lock_name(reader, site, until=until, actor=ReaderFactory())

    refused = change(client, {"name": "Ben"})

    assert (refused.status_code, refused.json()["code"]) == (403, "name_locked")
    assert str(until.year) in refused.json()["detail"]
    assert change(client, {"name": "Ada", "locale": "ko"}).status_code == 200
    with time_machine.travel(until + timedelta(seconds=1)):
        assert change(client, {"name": "Ben"}).status_code == 200


def test_a_site_lifts_its_own_lock_and_no_others(client, reader, site):
    soon = timezone.now() + timedelta(days=1)
    for each in (site, SiteFactory()):
        site_profiles.lock_name(reader, each, until=soon, actor=ReaderFactory())

    site_profiles.lock_name(reader, site, until=None, actor=ReaderFactory())

    assert change(client, {"name": "Ben"}).status_code == 403
    assert client.get("/api/v1/me").json()["name_locked_until"] is not None


# -- If-Match, e-mail ----------------------------------------------------------------------------
def test_a_change_that_started_from_an_older_profile_is_refused(client):
    seen = client.get("/api/v1/me")["ETag"]
    change(client, {"name": "Ben"})

    answer = change(client, {"name": "Cem"}, if_match=seen)

    assert (answer.status_code, answer.json()["code"]) == (412, "changed_meanwhile")
    assert change(client, {"name": "Cem"}, if_match=client.get("/api/v1/me")["ETag"]).json()[
        "name"
    ] == ("Cem")


def test_of_two_changes_from_one_profile_one_is_made(reader):
    seen = User.objects.get(pk=reader.pk)
    profile.change(reader, name="Ben", seen=seen)

    with pytest.raises(profile.ChangedMeanwhile):
        profile.change(User.objects.get(pk=reader.pk), name="Cem", seen=seen)


def test_our_own_pages_are_told_the_address(first_party, reader):
    assert first_party.get("/api/v1/me").json()["email"] == reader.email


# -- badges --------------------------------------------------------------------------------------
def test_badges_are_labels_and_none_says_staff(reader, site):
    said = ["Subscriber", "Subscriber", " Founding\u200b member ", "Staff", "Аdmin", "", "x" * 90]

    found = site_profiles.describe(reader, site, badges=said)

    assert found.badges == ["Subscriber", "Founding member", "x" * LONGEST_BADGE]


def test_badges_are_of_one_site(client, reader, site):
    site_profiles.describe(reader, SiteFactory(), badges=["Elsewhere"])
    site_profiles.describe(reader, site, badges=["Subscriber"])
    appoint(reader, site)

    assert client.get("/api/v1/me").json()["badges"] == ["staff", "Subscriber"]


def test_what_a_site_says_leaves_its_lock_alone(reader, site):
    site_profiles.lock_name(reader, site, until=timezone.now(), actor=ReaderFactory())

    site_profiles.describe(reader, site, may_comment=False, because="subscribers_only")

    found = SiteProfile.objects.get(user=reader, site=site)
    assert (found.may_comment, found.may_not_because) == (False, "subscribers_only")
    assert found.name_locked_until is not None


# -- mutes ---------------------------------------------------------------------------------------
def test_a_reader_mutes_and_unmutes(client):
    other = ReaderFactory(name="Loud")

    for _twice in range(2):
        assert client.put(f"/api/v1/me/muted/{other.pk}").status_code == 204
    listed = client.get("/api/v1/me/muted").json()["results"]
    assert [(row["id"], row["name"]) for row in listed] == [(str(other.pk), "Loud")]

    for _twice in range(2):
        assert client.delete(f"/api/v1/me/muted/{other.pk}").status_code == 204
    assert client.get("/api/v1/me/muted").json()["results"] == []


def test_nobody_mutes_themselves_or_nobody(client, reader):
    assert client.put(f"/api/v1/me/muted/{reader.pk}").json()["code"] == "cannot_mute_yourself"
    assert client.put("/api/v1/me/muted/0197a000-0000-7000-8000-000000000000").status_code == 404


def test_only_so_many_are_muted(client, reader, monkeypatch):
    monkeypatch.setattr(mutes, "MOST", 2)
    others = [ReaderFactory() for _ in range(3)]

    answers = [client.put(f"/api/v1/me/muted/{other.pk}") for other in others]

    assert [answer.status_code for answer in answers] == [204, 204, 409]
    assert answers[-1].json()["code"] == "too_many_muted"


def test_the_list_of_the_muted_takes_two_queries(client, reader, django_assert_num_queries):
    Mute.objects.bulk_create(Mute(reader=reader, author=ReaderFactory()) for _ in range(5))
    client.get("/api/v1/me/muted")

    with django_assert_num_queries(2):  # the token's own, the list
        client.get("/api/v1/me/muted")


def test_mutes_are_their_readers_own(client):
    Mute.objects.create(reader=ReaderFactory(), author=ReaderFactory())

    assert client.get("/api/v1/me/muted").json()["results"] == []
