"""Who is told when something happened."""

from accounts.services import mutes
from comments.events import CommentMoved, CommentPosted
from comments.models import Comment
from comments.states import Status
from moderation.events import DecisionMade
from moderation.models import Decision
from moderation.states import Ruling
from notifications.events import NoticeRaised
from notifications.services import mailing, notices
from notifications.states import Kind
from outbox.events import consumes


@consumes(CommentPosted, when=lambda event: event.is_reply and event.status == Status.PUBLISHED)
@consumes(CommentMoved, when=lambda event: event.is_reply and event.first_publication)
def notice_reply(event: CommentPosted | CommentMoved) -> None:
    """Tell whom a reply answers, once it is public, unless they muted its author. Re-reads: it
    may be gone again.
    """
    rows = Comment.objects.published().filter(pk=event.comment, parent__isnull=False)
    reply = rows.select_related("parent__author", "answers__author").first()
    if reply is None:
        return
    answered = reply.answers or reply.parent
    if answered is None or answered.author_id == reply.author_id:
        return
    if not mutes.has_muted(answered.author_id, reply.author_id):
        notices.raise_for(
            answered.author, kind=Kind.REPLY, cause=f"reply:{reply.pk}", comment=reply
        )


@consumes(DecisionMade)
def notice_decision(event: DecisionMade) -> None:
    """Tell the author what was decided and why; that a published comment stays is no news."""
    decision = Decision.objects.select_related("comment__author").get(pk=event.decision)
    if decision.ruling == Ruling.PUBLISH and decision.was == Status.PUBLISHED:
        return
    notices.raise_for(
        decision.comment.author,
        kind=Kind.DECISION,
        cause=f"decision:{decision.pk}",
        comment=decision.comment,
        decision=decision,
    )


@consumes(NoticeRaised, prepare=lambda event: mailing.send(event.notice))
def mail_notice(event: NoticeRaised, sent: None) -> None:
    """Mail a notice. All is done before the transaction: a mail server is a network away."""
