"""Decisions end cases, once, with a reason; the record of them cannot be rewritten."""

from functools import partial

import pytest
from django.db import DatabaseError, transaction

from comments.models import StatusChange
from comments.services import lifecycle
from comments.states import Status
from moderation.models import Case, Decision
from moderation.services import cases, decisions
from moderation.services.decisions import CaseClosed, ReasonNeeded
from moderation.states import Ruling
from outbox.models import OutboxRow
from tests.factories import CaseFactory, CommentFactory, FlagFactory, ModeratorFactory
from tests.together import at_once

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("was", "ruling", "now"),
    [
        (Status.HELD, Ruling.PUBLISH, Status.PUBLISHED),
        (Status.HELD, Ruling.REJECT, Status.REJECTED),
        (Status.PUBLISHED, Ruling.PUBLISH, Status.PUBLISHED),  # reported, and kept
        (Status.PUBLISHED, Ruling.REJECT, Status.REJECTED),  # reported, and right so
        (Status.REJECTED, Ruling.PUBLISH, Status.PUBLISHED),  # a late verdict overruled
        (Status.REJECTED, Ruling.REJECT, Status.REJECTED),
        (Status.SCREENING, Ruling.PUBLISH, Status.PUBLISHED),
    ],
)
def test_a_decision_moves_the_comment_and_closes_the_case(was, ruling, now):
    case = CaseFactory(comment__status=was)
    moderator = ModeratorFactory(site=case.site)

    decision = decisions.decide(
        case_id=case.pk, ruling=ruling, actor=moderator, reason="spam", note="See our rules."
    )

    case.refresh_from_db()
    case.comment.refresh_from_db()
    assert case.comment.status == now
    assert case.closed_at is not None
    assert (decision.was, decision.actor, decision.reason) == (was, moderator, "spam")
    assert case.comment.changes.count() == (was != now)


def test_a_decision_is_told_to_who_wants_to_know():
    case = CaseFactory()

    decision = decisions.decide(case_id=case.pk, ruling=Ruling.PUBLISH, actor=ModeratorFactory())

    row = OutboxRow.objects.filter(event="moderation.DecisionMade").get()
    assert row.payload == {"decision": str(decision.pk)}


@pytest.mark.parametrize("reason", ["", "because", "long", "listed_word"])
def test_a_rejection_needs_a_reason_that_moderators_give(reason):
    case = CaseFactory()

    with pytest.raises(ReasonNeeded):
        decisions.decide(
            case_id=case.pk, ruling=Ruling.REJECT, actor=ModeratorFactory(), reason=reason
        )

    case.refresh_from_db()
    assert case.closed_at is None


def test_a_case_is_decided_once():
    case = CaseFactory()
    decisions.decide(case_id=case.pk, ruling=Ruling.PUBLISH, actor=ModeratorFactory())

    with pytest.raises(CaseClosed):
        decisions.decide(
            case_id=case.pk, ruling=Ruling.REJECT, actor=ModeratorFactory(), reason="spam"
        )

    assert case.decisions.get().ruling == Ruling.PUBLISH


def test_what_its_author_withdrew_needs_no_decision():
    case = CaseFactory()
    lifecycle.withdraw(case.comment_id, author=case.comment.author)

    with pytest.raises(CaseClosed):
        decisions.decide(case_id=case.pk, ruling=Ruling.PUBLISH, actor=ModeratorFactory())
    cases.close_for(case.comment_id)

    assert not Case.objects.open().exists()
    assert not Decision.objects.exists()


def test_a_closed_case_is_followed_by_a_new_one():
    case = CaseFactory()
    decisions.decide(case_id=case.pk, ruling=Ruling.PUBLISH, actor=ModeratorFactory())

    again = cases.open_for(case.comment)

    assert again != case
    assert cases.open_for(case.comment) == again


@pytest.mark.parametrize("model", [Decision, StatusChange])
@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_database_refuses_to_rewrite_what_was_decided(model, act):
    case = CaseFactory()
    decisions.decide(case_id=case.pk, ruling=Ruling.REJECT, actor=ModeratorFactory(), reason="spam")
    rewrite = {
        "update": lambda: model.objects.update(reason="abuse"),
        "delete": lambda: model.objects.all().delete(),
    }

    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        rewrite[act]()

    assert model.objects.get().reason == "spam"


@pytest.mark.django_db(transaction=True)
def test_of_two_moderators_who_decide_at_once_one_hears_that_the_case_is_closed():
    case = CaseFactory()

    def decide(ruling, moderator):
        try:
            decisions.decide(case_id=case.pk, ruling=ruling, actor=moderator, reason="spam")
        except CaseClosed:
            return "closed"
        return "decided"

    heard = at_once(
        partial(decide, Ruling.PUBLISH, ModeratorFactory()),
        partial(decide, Ruling.REJECT, ModeratorFactory()),
    )

    assert sorted(heard) == ["closed", "decided"]
    assert case.decisions.count() == case.comment.changes.count() == 1


def test_a_decision_takes_the_same_queries_however_many_reported(django_assert_num_queries):
    case = CaseFactory(comment=CommentFactory(status=Status.HELD))
    FlagFactory.create_batch(5, case=case)
    moderator = ModeratorFactory(site=case.site)

    with django_assert_num_queries(13):
        decisions.decide(case_id=case.pk, ruling=Ruling.PUBLISH, actor=moderator)
