"""A site's hook in the admin: its address, its secret, a new one."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client

from accounts.models import User
from accounts.services import staff
from common import clock
from publishers.models import Site, validate_hook_url
from publishers.services import hooks, sites, staffing
from publishers.states import Role
from tests.factories import SiteFactory
from tests.staff import sign_in

pytestmark = pytest.mark.django_db
URL = "https://hooks.news.example/new"
EMPTY_INLINES = {
    f"{name}-{part}": "0"
    for name in ("origins", "staff", "api_keys")
    for part in ("TOTAL_FORMS", "INITIAL_FORMS")
}


@pytest.fixture
def operator():
    person = User.objects.create_superuser("operator@mail.example", name="Op")
    staff.vouch_for_address(person)
    return sign_in(Client(), person)


def save(operator, site, **fields):
    """Send the site's form as it stands, with `fields` changed."""
    kept = ("name", "default_locale", "screening", "edit_window_seconds", "hold_over_characters")
    kept += ("hold_over_links", "hook_url", "hook_when_away")
    form = {name: getattr(site, name) for name in kept} | EMPTY_INLINES | fields
    return operator.post(f"/admin/publishers/site/{site.pk}/change/", form)


def test_who_sets_an_address_is_shown_a_secret(operator):
    site = SiteFactory()

    assert save(operator, site, hook_url=URL, hook_when_away="hold").status_code == 302

    site.refresh_from_db()
    page = operator.get(f"/admin/publishers/site/{site.pk}/change/").content.decode()
    assert (site.hook_url, site.hook_when_away) == (URL, "hold")
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", site.hook_secret)
    assert site.hook_secret in page


def test_the_secret_stays_when_the_form_is_sent_again(operator):
    site = SiteFactory()
    save(operator, site, hook_url=URL)
    site.refresh_from_db()
    secret = site.hook_secret

    save(operator, site, hook_url=f"{URL}er", hook_secret="whsec_ours")

    site.refresh_from_db()
    assert (site.hook_secret, site.hook_url) == (secret, f"{URL}er")


def test_a_new_secret_leaves_the_former_one_a_day(operator):
    site = SiteFactory(hook_url=URL, hook_secret="whsec_Zm9ybWVy")

    operator.post(
        "/admin/publishers/site/", {"action": "change_hook_secret", "_selected_action": [site.pk]}
    )

    site = Site.objects.get(pk=site.pk)
    assert site.hook_keys == [site.hook_secret, "whsec_Zm9ybWVy"]
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        assert site.hook_keys == [site.hook_secret]


def test_no_secret_stands_in_a_list_or_in_the_admins_history(operator):
    site = SiteFactory()
    save(operator, site, hook_url=URL)
    hooks.change_secret(site)
    site.refresh_from_db()

    listed = operator.get("/admin/publishers/site/").content.decode()
    history = "".join(LogEntry.objects.values_list("change_message", flat=True))

    for secret in (site.hook_secret, site.hook_former_secret):
        assert secret not in listed + history


def test_a_sites_own_staff_cannot_read_it(operator):
    site = SiteFactory(hook_url=URL, hook_secret="whsec_c2VjcmV0")
    person = User.objects.create_user(email="editor@mail.example", name="Editor")
    staff.vouch_for_address(person)
    staffing.appoint(site=site, user=person, role=Role.MODERATOR)

    answer = sign_in(Client(), person).get(f"/admin/publishers/site/{site.pk}/change/", follow=True)

    assert "whsec_" not in answer.content.decode()


def test_the_database_takes_no_hook_without_a_secret():
    with pytest.raises(IntegrityError):
        SiteFactory(hook_url=URL)


def test_a_site_made_with_a_hook_has_a_secret():
    site, _ = sites.create(name="News", origins=[], hook_url=URL)

    assert site.hook_keys == [site.hook_secret]


@pytest.mark.parametrize(
    "address",
    ["hooks.news.example", "ftp://news.example/", "https://", "https://a:b@news.example/"],
)
def test_what_is_no_hooks_address_is_refused(address):
    with pytest.raises(ValidationError):
        validate_hook_url(address)
