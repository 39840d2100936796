"""Decisions: a moderator ends a case, with a reason that the author will read."""

from typing import ClassVar
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from comments import reasons
from comments.services import lifecycle
from comments.states import Status
from common import clock
from common.errors import Refusal
from moderation.events import DecisionMade
from moderation.models import Case, Decision
from moderation.states import Ruling
from outbox.services import relay

STATUS_OF = {Ruling.PUBLISH: Status.PUBLISHED, Ruling.REJECT: Status.REJECTED}


class CaseClosed(Refusal):
    code: ClassVar[str] = "case_closed"
    status: ClassVar[int] = 409
    detail = _("Somebody decided this case meanwhile, or its comment is gone.")


class TextChanged(Refusal):
    code: ClassVar[str] = "text_changed"
    status: ClassVar[int] = 409
    detail = _("Its author changed the text meanwhile. Read it again, then decide.")


class ReasonNeeded(Refusal):
    code: ClassVar[str] = "reason_needed"
    detail = _("Choose a reason: the author will read it.")


@transaction.atomic
def decide(
    *,
    case_id: UUID,
    ruling: Ruling,
    actor: User,
    reason: str = "",
    note: str = "",
    seen: UUID | None = None,
) -> Decision:
    """Publish or reject the comment of a case, and close the case. `note` goes to the author;
    `seen` is the newest revision that the actor read.

    Raises CaseClosed, ReasonNeeded; TextChanged where there is a newer revision by now, since no
    machine would hold it after a person has published it. Locks the case and its comment.
    """
    if ruling == Ruling.REJECT and reason not in reasons.FOR_DECISIONS:
        raise ReasonNeeded
    case = _locked(case_id)
    if case.closed_at is not None:
        raise CaseClosed
    if seen is not None and lifecycle.latest_revision(case.comment).pk != seen:
        raise TextChanged
    was = case.comment.status
    try:
        lifecycle.move(case.comment_id, STATUS_OF[ruling], actor=actor, reason=reason, note=note)
    except lifecycle.TransitionRefused as fault:  # its author was faster
        raise CaseClosed from fault
    decision = case.decisions.create(
        comment_id=case.comment_id, actor=actor, ruling=ruling, reason=reason, note=note, was=was
    )
    case.closed_at = clock.now()
    case.save(update_fields=["closed_at"])
    relay.record(DecisionMade(decision.pk))
    return decision


def _locked(case_id: UUID) -> Case:
    """The case with its comment, neither changing until the transaction's end. One query."""
    rows = Case.objects.select_related("comment")
    return rows.select_for_update(of=("self", "comment"), no_key=True).get(pk=case_id)
