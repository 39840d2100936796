"""The worker's look at a revision: the phases that do not run in the request."""

from uuid import UUID

from comments import rendering
from comments.models import Revision
from comments.screening import Draft, Screening, Where, screen


def judge(revision_id: UUID) -> Screening:
    """Run the worker's phases on a stored revision. One query beside the phases' own."""
    revision = Revision.objects.select_related("comment__thread__site", "comment__author").get(
        pk=revision_id
    )
    comment = revision.comment
    draft = Draft(
        site=comment.thread.site,
        author=comment.author,
        body=revision.body,
        body_html=rendering.to_html(revision.body),
        language=comment.language,
        comment_id=comment.pk,
    )
    return screen(draft, Where.WORKER)
