"""What moderation does when something happened to a comment."""

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
    prepare=lambda event: judging.judge(event.revision, Where.WORKER),
)
def screen_revision(event: RevisionSubmitted, judgement: Judgement) -> None:
    """Have the worker's phases look at a revision, and act on what they found or hand it on."""
    if judgement.goes_on:
        lifecycle.note_findings(event.revision, judgement.screening)
        relay.record(RevisionPassed(event.revision))
    else:
        lifecycle.conclude(event.revision, judgement.screening)


@consumes(
    RevisionPassed,
    task="screen_over_network",
    prepare=lambda event: judging.judge(event.revision, Where.NETWORK),
)
def screen_over_network(event: RevisionPassed, judgement: Judgement) -> None:
    """Have other machines look at a revision, and act on what they found."""
    lifecycle.conclude(event.revision, judgement.screening)


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
