"""The worker's look at a revision: the phases that do not run in the request."""

from typing import NamedTuple
from uuid import UUID

from comments import rendering
from comments.models import Revision
from comments.screening import Draft, Screening, Where, screen, wanted
from comments.states import GONE, Outcome


class Judgement(NamedTuple):
    """What the phases of one place found, and whether other machines are to be asked next."""

    screening: Screening
    goes_on: bool


def judge(revision_id: UUID, where: Where) -> Judgement:
    """Run the phases of one place on a stored revision. One query beside the phases' own.

    What its author took back is nobody's to look at: no text of it leaves the house.
    """
    revision = Revision.objects.select_related(
        "comment__thread__site", "comment__author", "comment__parent"
    ).get(pk=revision_id)
    comment = revision.comment
    if comment.status in GONE:
        return Judgement(Screening(), goes_on=False)
    draft = Draft(
        site=comment.thread.site,
        author=comment.author,
        body=revision.body,
        body_html=rendering.to_html(revision.body),
        language=comment.language,
        comment_id=comment.pk,
        revision=revision,
    )
    screening = screen(draft, where)
    passed = where is Where.WORKER and screening.outcome is Outcome.PASS
    return Judgement(screening, goes_on=passed and wanted(draft.site, Where.NETWORK))
