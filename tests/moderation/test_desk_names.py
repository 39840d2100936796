"""At the desk a moderator keeps an author's name as it is for a while, and lets it go again."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import NameLock, SiteProfile
from accounts.services import site_profiles
from common import clock
from publishers.states import Role
from tests.factories import (
    CaseFactory,
    CommentFactory,
    ModeratorFactory,
    ReaderFactory,
    SiteFactory,
)
from tests.staff import sign_in

pytestmark = pytest.mark.django_db

LOCK = {"days": 7, "reason": "A different name each day."}
UNLOCK = {"days": 0}


@pytest.fixture
def site():
    return SiteFactory()


@pytest.fixture
def author():
    return ReaderFactory(name="Juniper")


@pytest.fixture
def case(site, author):
    return CaseFactory(comment=CommentFactory(thread__site=site, author=author, status="held"))


@pytest.fixture
def moderator(site):
    return ModeratorFactory(site=site, name="Mo")


@pytest.fixture
def at_desk(moderator):
    return sign_in(Client(), moderator)


def page(case):
    return f"/moderation/cases/{case.pk}?queue=held"


def name(case):
    return f"/moderation/cases/{case.pk}/name?queue=held"


def test_a_locked_name_cannot_be_changed_and_the_case_says_why(at_desk, case, author):
    answer = at_desk.post(name(case), LOCK)

    assert (answer.status_code, answer["Location"]) == (303, page(case))
    shown = at_desk.get(page(case)).text
    assert "The name is locked until" in shown
    assert LOCK["reason"] in shown
    assert "Unlock the name" in shown
    until = SiteProfile.objects.get(user=author).name_locked_until
    assert timedelta(days=6, hours=23) < until - clock.now() <= timedelta(days=7)
    reader = Client()
    reader.force_login(author)
    change = reader.patch("/api/v1/me", {"name": "Else"}, content_type="application/json")
    assert change.json()["code"] == "name_locked"


def test_an_unlocked_name_may_change_again(at_desk, case, author):
    at_desk.post(name(case), LOCK)

    answer = at_desk.post(name(case), UNLOCK, follow=True)

    assert "The name may change again." in answer.text
    assert "Lock the name" in answer.text
    reader = Client()
    reader.force_login(author)
    change = reader.patch("/api/v1/me", {"name": "Else"}, content_type="application/json")
    assert change.status_code == 200


def test_both_are_in_the_log_which_leads_back_to_the_case(at_desk, case, site):
    at_desk.post(name(case), LOCK)
    at_desk.post(name(case), UNLOCK)
    legal = sign_in(Client(), ModeratorFactory(site=site, role=Role.LEGAL))

    log = legal.get(f"/moderation/sites/{site.pk}/log")

    unlocked, locked = [entry for entry in log.context["log"].entries if entry.lock]
    assert (locked.lock.reason, locked.actor.name) == (LOCK["reason"], "Mo")
    assert (unlocked.lock.until, unlocked.lock.user.name) == (None, "Juniper")
    assert f'href="/moderation/cases/{case.pk}"' in log.text
    assert LOCK["reason"] in log.text


def test_a_lock_of_another_site_is_not_shown_and_not_lifted(at_desk, case, author):
    elsewhere, until = SiteFactory(), clock.now() + timedelta(days=3)
    site_profiles.lock_name(author, elsewhere, until=until, actor=ReaderFactory(), reason="Theirs.")

    shown = at_desk.get(page(case)).text
    at_desk.post(name(case), UNLOCK)

    assert "Theirs." not in shown
    assert SiteProfile.objects.get(user=author, site=elsewhere).name_locked_until == until


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"days": 7},  # without a reason
        {"days": 7, "reason": "   "},
        {"days": 7, "reason": "x" * 201},
        {"days": 9_999, "reason": "For ever."},
        {"days": "x", "reason": "No number."},
    ],
)
def test_what_is_malformed_locks_nothing(at_desk, case, form):
    answer = at_desk.post(name(case), form)

    assert answer.status_code == 400
    assert not NameLock.objects.exists()


def test_a_missing_reason_is_asked_for_where_it_belongs(at_desk, case):
    answer = at_desk.post(name(case), {"days": 7})

    assert "Say why in a few words" in answer.text
    assert "<details open>" in answer.text


def test_a_repeat_is_on_record_once(author, site, moderator):
    until = clock.now() + timedelta(days=3)

    for _ in range(2):
        site_profiles.lock_name(author, site, until=until, actor=moderator)

    assert NameLock.objects.count() == 1


def test_the_record_cannot_be_changed(author, site, moderator):
    site_profiles.lock_name(author, site, until=clock.now(), actor=moderator)

    with pytest.raises(DatabaseError), transaction.atomic():
        NameLock.objects.update(reason="Another.")
    with pytest.raises(DatabaseError), transaction.atomic():
        NameLock.objects.all().delete()


def test_looking_at_the_address_leads_to_the_case_and_changes_nothing(at_desk, case):
    answer = at_desk.get(name(case))

    assert (answer.status_code, answer["Location"]) == (303, page(case))
    assert not NameLock.objects.exists()


def test_the_log_takes_as_many_queries_however_many_names_were_locked(case, site, moderator):
    legal = sign_in(Client(), ModeratorFactory(site=site, role=Role.LEGAL))
    legal.get(f"/moderation/sites/{site.pk}/log")

    def asked():
        with CaptureQueriesContext(connection) as asked:
            legal.get(f"/moderation/sites/{site.pk}/log")
        return len(asked)

    site_profiles.lock_name(case.comment.author, site, until=clock.now(), actor=moderator)
    one = asked()
    for _ in range(5):
        site_profiles.lock_name(ReaderFactory(), site, until=clock.now(), actor=moderator)
    assert asked() == one
