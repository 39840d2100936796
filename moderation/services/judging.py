"""The worker's look at a revision: the phases that do not run in the request."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from comments import rendering
from comments.models import Revision, Verdict
from comments.screening import Draft, Screening, Where, screen, wanted
from comments.states import GONE, Outcome


class Judgement(NamedTuple):
    """What the phases of one place found, and whether other machines are to be asked next."""

    screening: Screening
    goes_on: bool


NOTHING_TO_DO = Judgement(Screening(), goes_on=False)


def judge(revision_ids: Sequence[UUID], where: Where) -> dict[UUID, Judgement]:
    """Run the phases of one place on stored revisions. One query beside the phases' own.

    What phases of the worker write is committed at once for all; nothing is held open while other
    machines are asked. What was decided before is not looked at again, nor asked about.
    """
    revisions = (
        Revision.objects.select_related(
            "comment__thread__site", "comment__author", "comment__parent"
        )
        .annotate(decided=Exists(Verdict.objects.filter(revision=OuterRef("pk"), final=True)))
        .filter(pk__in=revision_ids)
    )
    with nullcontext() if where is Where.NETWORK else transaction.atomic():
        return {
            revision.pk: NOTHING_TO_DO if revision.decided else _judgement(revision, where)
            for revision in revisions.order_by("pk")
        }


def _judgement(revision: Revision, where: Where) -> Judgement:
    """What its author took back is nobody's to look at: no text of it leaves the house."""
    comment = revision.comment
    if comment.status in GONE:
        return NOTHING_TO_DO
    draft = Draft(
        site=comment.thread.site,
        author=comment.author,
        body=revision.body,
        body_html=_html(revision),
        language=comment.language,
        comment_id=comment.pk,
        revision=revision,
    )
    screening = screen(draft, where)
    passed = where is Where.WORKER and screening.outcome is Outcome.PASS
    return Judgement(screening, goes_on=passed and wanted(draft.site, Where.NETWORK))


def _html(revision: Revision) -> str:
    """A revision as readers see it, or would."""
    if revision.body == revision.comment.body:
        return revision.comment.body_html
    return rendering.to_html(revision.body)
