"""`add_staff` and `issue_token`, as operators and developers call them."""

import json
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from accounts.services import tokens
from publishers.models import StaffMembership
from tests.accounts.people import me
from tests.factories import ModeratorFactory, ReaderFactory, SiteFactory

pytestmark = pytest.mark.django_db


def run(command, *arguments):
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_add_staff_makes_the_account_and_tells_its_password_once():
    site = SiteFactory()
    arguments = ("--site", str(site.pk), "--email", "Mo@Mail.example", "--name", "Mo", "--json")

    first = json.loads(run("add_staff", *arguments))
    again = json.loads(run("add_staff", *arguments))

    assert first["password"]
    assert again["password"] is None
    member = StaffMembership.objects.get()
    assert (member.site, member.role, member.user.name) == (site, "moderator", "Mo")
    browser = Client()
    browser.post("/accounts/login/", {"login": "mo@mail.example", "password": first["password"]})
    assert browser.get("/accounts/").status_code == 200


def test_add_staff_changes_a_role_and_finds_a_site_by_name():
    site, reader = SiteFactory(name="The Harbour Gazette"), ReaderFactory(name="Ada")
    run("add_staff", "--site", site.name, "--email", reader.email)

    words = run("add_staff", "--site", site.name, "--email", reader.email, "--role", "owner")

    assert StaffMembership.objects.get().role == "owner"
    assert "Password" not in words
    assert User.objects.get(pk=reader.pk).name == "Ada"


def test_add_staff_invites_by_mail_and_makes_no_account(mailoutbox):
    site = SiteFactory(name="The Harbour Gazette")

    words = run(
        "add_staff",
        "--site",
        site.name,
        "--email",
        "mo@mail.example",
        "--role",
        "owner",
        "--invite",
    )

    assert "mo@mail.example is invited to The Harbour Gazette as owner." in words
    assert site.invitations.get().role == "owner"
    assert site.access_changes.get(kind="invited").actor is None
    assert not User.objects.exists()
    assert f"{settings.PUBLIC_URL.rstrip('/')}/accounts/invitations/" in mailoutbox[0].body


def test_add_staff_leaves_no_site_without_an_owner():
    site = SiteFactory()
    owner = ModeratorFactory(site=site, role="owner")

    with pytest.raises(CommandError, match="needs an owner"):
        run("add_staff", "--site", str(site.pk), "--email", owner.email, "--role", "editor")

    assert site.staff.get().role == "owner"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--site", "nowhere", "--email", "mo@mail.example"), "no site"),
        (("--site", "here", "--email", "not an address"), "not an e-mail address"),
    ],
)
def test_add_staff_says_what_is_wrong(arguments, sentence):
    SiteFactory(name="here")

    with pytest.raises(CommandError, match=sentence):
        run("add_staff", *arguments)


def test_issue_token_prints_a_reader_token_bound_to_no_origin():
    reader, site = ReaderFactory(), SiteFactory()

    text = run("issue_token", "--email", reader.email, "--site", str(site.pk)).strip()

    token = tokens.find(text)
    assert (token.user, token.site, token.origin) == (reader, site, "")
    assert me(text, Origin="https://anywhere.example").status_code == 200


def test_issue_token_is_for_development_only(settings):
    settings.IN_PRODUCTION = True
    reader, site = ReaderFactory(), SiteFactory()

    with pytest.raises(CommandError, match="development only"):
        run("issue_token", "--email", reader.email, "--site", str(site.pk))


def test_issue_token_says_who_or_what_is_missing():
    site = SiteFactory()

    with pytest.raises(CommandError, match="no active account"):
        run("issue_token", "--email", "nobody@mail.example", "--site", str(site.pk))
    with pytest.raises(CommandError, match="no site"):
        run("issue_token", "--email", ReaderFactory().email, "--site", "nowhere")
