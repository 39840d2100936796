"""What moderation does when something happened to a comment."""

from comments.events import CommentMoved, CommentPosted, RevisionSubmitted
from comments.models import Comment
from comments.screening import Screening
from comments.services import lifecycle
from comments.states import Status
from moderation.services import cases, judging
from outbox.events import consumes


@consumes(
    RevisionSubmitted,
    task="screen_comment",
    prepare=lambda event: judging.judge(event.revision),
)
def screen_revision(event: RevisionSubmitted, screening: Screening) -> None:
    """Have the worker's phases look at a revision, and act on what they found."""
    lifecycle.conclude(event.revision, screening)


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
