"""What moderation does when something happened to a comment."""

from uuid import UUID

from comments.events import CommentMoved, CommentPosted, RevisionSubmitted
from comments.models import Comment
from comments.screening import Where
from comments.services import lifecycle
from comments.states import Status
from moderation.events import RevisionPassed
from moderation.services import cases, judging
from moderation.services.judging import Judgement
from outbox.events import consumes
from outbox.services import relay


@consumes(
    RevisionSubmitted,
    task="screen_comment",
    prepare=lambda events: judging.judge([each.revision for each in events], Where.WORKER),
    together=True,
)
def screen_revision(events: list[RevisionSubmitted], judged: dict[UUID, Judgement]) -> None:
    """Have the worker's phases look at revisions, and act on what they found or hand them on."""
    handed_on = {revision: each.screening for revision, each in judged.items() if each.goes_on}
    if handed_on:
        lifecycle.note_findings(handed_on)
        relay.record(*map(RevisionPassed, handed_on))
    lifecycle.conclude(
        {revision: each.screening for revision, each in judged.items() if not each.goes_on}
    )


@consumes(
    RevisionPassed,
    task="screen_over_network",
    prepare=lambda event: judging.judge([event.revision], Where.NETWORK),
)
def screen_over_network(event: RevisionPassed, judged: dict[UUID, Judgement]) -> None:
    """Have other machines look at a revision, and act on what they found."""
    lifecycle.conclude({event.revision: judged[event.revision].screening})


@consumes(CommentPosted, when=lambda event: event.status == Status.HELD)
@consumes(CommentMoved, when=lambda event: event.now == Status.HELD)
def open_case(event: CommentPosted | CommentMoved) -> None:
    """A comment that waits for a person needs a case. Re-reads: it may wait no longer."""
    comment = Comment.objects.select_related("thread").get(pk=event.comment)
    if comment.status == Status.HELD:
        cases.open_for(comment)


@consumes(CommentMoved, when=lambda event: event.now in {Status.WITHDRAWN, Status.ERASED})
def close_case(event: CommentMoved) -> None:
    """What its author took back needs no decision."""
    cases.close_for(event.comment)
