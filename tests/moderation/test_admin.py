"""The admin's records: read by operators, changed by nobody; related links and words are set."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles.models import Edition, RelatedLink, Section
from comments.services import counting
from common import clock
from moderation.models import Decision, ListedWord
from moderation.services import decisions
from moderation.states import Ruling
from notifications.models import MailDelivery, Notice, Restoration
from notifications.states import Kind
from outbox.models import OutboxRow
from tests import staff
from tests.factories import (
    CaseFactory,
    CommentFactory,
    EditionFactory,
    FlagFactory,
    ModeratorFactory,
    SiteFactory,
    UserFactory,
    VerdictFactory,
)

pytestmark = pytest.mark.django_db

OURS = ("articles", "comments", "moderation", "outbox", "notifications")
PAGES = [model for model in admin.site._registry if model._meta.app_label in OURS]
EDITED = (Edition, ListedWord, Section)

#: What an edition's page shows beside what can be changed there.
LOOKED_AT, COUNTS = ("addresses", "former_texts"), ("TOTAL_FORMS", "INITIAL_FORMS")


@pytest.fixture
def operator(client):
    return staff.sign_in(client, UserFactory(is_staff=True, is_superuser=True))


def a_row_of_each():
    """One decided case, with all that hangs on it."""
    edition = EditionFactory()
    comment = CommentFactory(thread=edition.thread, status="held")
    VerdictFactory(comment=comment)
    case = CaseFactory(comment=comment)
    FlagFactory(case=case)
    moderator = ModeratorFactory(site=case.site)
    decision = decisions.decide(case_id=case.pk, ruling=Ruling.PUBLISH, actor=moderator)
    notice = Notice.objects.create(
        reader=comment.author, kind=Kind.DECISION, cause="decision:1", comment=comment
    )
    MailDelivery.objects.create(notice=notice)
    Restoration.objects.create(backup_taken_at=clock.now(), restored_at=clock.now())
    ListedWord.objects.create(site=case.site, word="free money")
    edition.article.site.sections.create(name="Harbour")
    OutboxRow.objects.get_or_create(
        event="x",
        payload={},
        consumer="y",
        task="z",
        due_at=clock.now(),
        defaults={"recorded_at": clock.now()},
    )
    counting.fold()
    return decision


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model.__name__)
def test_lists_and_records_can_be_looked_at(operator, model):
    a_row_of_each()
    page = f"admin:{model._meta.app_label}_{model._meta.model_name}"

    listed = operator.get(reverse(f"{page}_changelist"), {"q": "a"})
    assert listed.status_code == 200
    row = model.objects.first()
    assert operator.get(reverse(f"{page}_changelist")).status_code == 200
    assert operator.get(reverse(f"{page}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model.__name__)
def test_a_list_takes_the_same_queries_however_long_it_is(operator, model):
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    a_row_of_each()
    with CaptureQueriesContext(connection) as few:
        operator.get(page)
    for _ in range(3):
        a_row_of_each()

    with CaptureQueriesContext(connection) as many:
        operator.get(page)

    assert len(many) == len(few)


@pytest.mark.parametrize(
    "model", [each for each in PAGES if each not in EDITED], ids=lambda model: model.__name__
)
def test_records_are_neither_added_changed_nor_deleted(operator, model):
    a_row_of_each()
    page = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model.objects.first()

    assert operator.get(reverse(f"{page}_add")).status_code == 403
    assert operator.post(reverse(f"{page}_change", args=[row.pk]), {}).status_code == 403
    assert operator.post(reverse(f"{page}_delete", args=[row.pk]), {}).status_code == 403


def test_a_moderator_who_is_no_operator_finds_no_admin(client):
    staff.sign_in(client, ModeratorFactory())

    assert client.get(reverse("admin:moderation_decision_changelist")).status_code == 404


def test_operators_take_articles_back_and_close_sections(operator):
    edition = EditionFactory()
    section = edition.article.site.sections.create(name="Harbour")
    edition.article.section = section
    edition.article.save()
    chosen = {"_selected_action": [edition.article.pk]}
    articles = reverse("admin:articles_article_changelist")

    states = []
    for step in (
        lambda: operator.post(articles, {"action": "unpublish", **chosen}),
        lambda: operator.post(articles, {"action": "republish", **chosen}),
        lambda: operator.post(
            reverse("admin:articles_section_change", args=[section.pk]), {"comments": "closed"}
        ),
    ):
        assert step().status_code == 302
        edition.thread.refresh_from_db()
        states.append(edition.thread.state)

    assert states == ["off", "open", "closed"]


def test_operators_find_articles_by_words_of_a_title(operator):
    EditionFactory(title="심야 버스가 돌아온다", article__external_id="bus")
    EditionFactory(title="A walk", article__external_id="walk")

    for page in ("article", "edition"):
        found = operator.get(reverse(f"admin:articles_{page}_changelist"), {"q": "버스"})
        assert [str(row) for row in found.context["cl"].result_list] in (
            ["bus"],
            ["en: 심야 버스가 돌아온다"],
        )


def test_editors_put_related_links_in_order(operator):
    edition = EditionFactory()
    first = RelatedLink.objects.create(edition=edition, position=0, external_id="one")
    second = RelatedLink.objects.create(edition=edition, position=1, external_id="two")

    answer = operator.post(
        reverse("admin:articles_edition_change", args=[edition.pk]),
        {
            **{f"{each}-{count}": 0 for each in LOOKED_AT for count in COUNTS},
            "related_links-TOTAL_FORMS": 4,
            "related_links-INITIAL_FORMS": 2,
            "related_links-0-id": first.pk,
            "related_links-0-edition": edition.pk,
            "related_links-0-position": 1,
            "related_links-0-external_id": "one",
            "related_links-1-id": second.pk,
            "related_links-1-edition": edition.pk,
            "related_links-1-position": 0,
            "related_links-1-external_id": "two",
            "related_links-2-edition": edition.pk,
            "related_links-2-position": "",
            "related_links-2-url": "https://other.example/story",
            "related_links-2-title": "From another page",
            "related_links-3-edition": edition.pk,
        },
    )

    assert answer.status_code == 302
    assert [str(link) for link in edition.related_links.all()] == [
        "two",
        "one",
        "From another page",
    ]


def test_a_listed_word_is_added_for_one_site(operator):
    site = SiteFactory()

    operator.post(
        reverse("admin:moderation_listedword_add"),
        {"site": site.pk, "word": "free money", "action": "reject"},
    )

    assert site.listed_words.get().action == "reject"


def test_what_was_set_aside_is_replayed_and_what_is_done_is_left_alone(operator):
    rows = OutboxRow.objects.bulk_create(
        OutboxRow(
            event="x",
            payload={},
            consumer="y",
            task="outbox.deliver",
            recorded_at=clock.now(),
            due_at=clock.now() - timedelta(hours=1),
            attempts=8,
            **{field: clock.now()},
        )
        for field in ("set_aside_at", "done_at")
    )

    answer = operator.post(
        reverse("admin:outbox_outboxrow_changelist"),
        {"action": "replay", "_selected_action": [row.pk for row in rows]},
        follow=True,
    )

    assert "1 row will be tried again." in answer.text
    assert list(OutboxRow.objects.open()) == rows[:1]


def test_a_decisions_page_names_no_way_to_change_it(operator):
    decision = a_row_of_each()

    page = operator.get(reverse("admin:moderation_decision_change", args=[decision.pk]))

    assert 'name="_save"' not in page.text
    assert Decision.objects.filter(pk=decision.pk).exists()
