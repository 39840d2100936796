"""Shapes of the comments' API. Output serializers document; the tombstone rule lives here."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from orjson import Fragment
from rest_framework import serializers

from accounts.faces import Face, face_from, page_url
from comments import reasons
from comments.models import Comment, Thread
from comments.reading import Context, Entry, Shown
from comments.rendering import LONGEST_BODY
from comments.selectors import Overlay, Own, ThreadHead
from comments.services.lifecycle import EDITABLE, edit_until
from comments.states import PublicThreadState, Sort, Status, ThreadState
from common.cursors import Page
from common.json import dumps
from common.serializers import Locale, StrictCharField, StrictSerializer
from publishers.reactions import Kind, worded


class AuthorShape(serializers.Serializer[Any]):
    """Who wrote a comment, as everybody sees them."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    avatar_url = serializers.URLField(allow_null=True)
    badges = serializers.ListField(
        child=serializers.CharField(),
        help_text="`staff`, and what the site calls this reader, as it is to be shown.",
    )
    page_url = serializers.URLField(allow_null=True, help_text="Their public page, if they wish.")


class AnswersShape(serializers.Serializer[Any]):
    """Whom a reply answers where nesting was capped; `author` is null once that one is gone."""

    id = serializers.UUIDField()
    author = AuthorShape(allow_null=True)


class VotesShape(serializers.Serializer[Any]):
    up = serializers.IntegerField()
    down = serializers.IntegerField()


class ReactionKindShape(serializers.Serializer[Any]):
    """A kind of reaction that the thread's site offers; `label` in the edition's language."""

    kind = serializers.CharField()
    emoji = serializers.CharField()
    label = serializers.CharField()


class CommentShape(serializers.Serializer[Any]):
    """A published comment, or a tombstone: then `author`, `body_html`, `votes` and `reactions`
    are null.
    """

    id = serializers.UUIDField()
    thread = serializers.UUIDField()
    parent = serializers.UUIDField(allow_null=True)
    root = serializers.UUIDField(allow_null=True)
    depth = serializers.IntegerField()
    answers = AnswersShape(allow_null=True)
    author = AuthorShape(allow_null=True)
    body_html = serializers.CharField(allow_null=True)
    language = serializers.CharField()
    edition = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    featured = serializers.BooleanField()
    votes = VotesShape(allow_null=True)
    reactions = serializers.DictField(
        child=serializers.IntegerField(), allow_null=True, help_text="How many of each kind."
    )
    reply_count = serializers.IntegerField()


class RepliesShape(serializers.Serializer[Any]):
    results = CommentShape(many=True)
    next = serializers.CharField(allow_null=True)


class EntryShape(CommentShape):
    """A comment in a page; `replies` is there for top-level ones."""

    replies = RepliesShape(required=False)


class CommentPageShape(serializers.Serializer[Any]):
    results = EntryShape(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class ContextShape(CommentPageShape):
    """The page on which `comment` stands: its top-level comment is among `results`, and it and all
    between are among the replies to that. `next` and `previous` are for the list of comments.
    """

    comment = CommentShape()


class ReasonShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField()


class OwnShape(CommentShape):
    """A comment as its author sees it."""

    body = serializers.CharField()
    reasons = ReasonShape(many=True)
    edit_until = serializers.DateTimeField(allow_null=True)


class OverlayShape(serializers.Serializer[Any]):
    votes = serializers.DictField(child=serializers.IntegerField())
    reactions = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    own = OwnShape(many=True)
    muted = serializers.ListField(child=serializers.UUIDField())
    following = serializers.BooleanField()


class SlowModeShape(serializers.Serializer[Any]):
    """One comment in so many seconds; where `until` has passed, no longer."""

    seconds = serializers.IntegerField()
    until = serializers.DateTimeField(allow_null=True)


class ThreadShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    site = serializers.UUIDField()
    state = serializers.ChoiceField(choices=PublicThreadState.choices)
    prompt = serializers.CharField()
    slow_mode = SlowModeShape(allow_null=True)
    comment_count = serializers.IntegerField()
    languages = serializers.DictField(child=serializers.IntegerField())
    reactions = ReactionKindShape(many=True)
    sorts = serializers.ListField(child=serializers.ChoiceField(choices=Sort.choices))
    version = serializers.IntegerField()
    live_url = serializers.URLField(allow_null=True)


class PostInput(StrictSerializer):
    """A comment to post."""

    body = StrictCharField(max_length=LONGEST_BODY, trim_whitespace=False)
    parent = serializers.UUIDField(required=False, allow_null=True)
    edition = Locale(required=False)


class EditInput(StrictSerializer):
    body = StrictCharField(max_length=LONGEST_BODY, trim_whitespace=False)


class RenderShape(serializers.Serializer[Any]):
    body_html = serializers.CharField()


class VoteInput(StrictSerializer):
    value = serializers.ChoiceField(choices=[1, 0, -1])

    @classmethod
    def read(cls, body: Any) -> dict[str, Any]:
        """At what is sound a glance is enough; the rest is looked at for its faults."""
        value = body.get("value") if isinstance(body, dict) and len(body) == 1 else None
        return body if type(value) is int and -1 <= value <= 1 else super().read(body)


def thread_json(head: ThreadHead, *, edition: str) -> dict[str, Any]:
    """A thread's head; its prompt in the language of the edition it is shown on."""
    thread = head.thread
    closed = thread.state == ThreadState.CLOSED
    return {
        "id": thread.pk,
        "site": thread.site_id,
        "state": PublicThreadState.CLOSED if closed else PublicThreadState.OPEN,
        "prompt": prompt(edition),
        "slow_mode": _slow_mode(thread),
        "comment_count": thread.comment_count,
        "languages": head.languages,
        "reactions": reaction_kinds(head.reactions, edition),
        "sorts": list(Sort.values),
        "version": head.version,
        "live_url": settings.LIVE_URL,
    }


def _slow_mode(thread: Thread) -> dict[str, Any] | None:
    """As the row says it, whatever time it is: the same bytes until the thread's version moves."""
    if not thread.slow_seconds:
        return None
    return {"seconds": thread.slow_seconds, "until": thread.slow_until}


def prompt(edition: str) -> str:
    """The invitation above the box, in the edition's language where we have it."""
    with _spoken_on(edition):
        return _("Share your thoughts on this article")


def reaction_kinds(kinds: list[Kind], edition: str) -> list[Kind]:
    """The kinds that a site offers, in the edition's language where we have it."""
    with _spoken_on(edition):
        return worded(kinds)


def _spoken_on(edition: str) -> translation.override:
    language = edition.split("-")[0]
    known = dict(settings.LANGUAGES)
    return translation.override(language if language in known else settings.LANGUAGE_CODE)


def comment_json(comment: Comment) -> dict[str, Any]:
    """A comment as everybody may see it: anything not published is a tombstone."""
    shown = comment.is_published
    return {
        "id": comment.pk,
        "thread": comment.thread_id,
        "parent": comment.parent_id,
        "root": comment.root_id,
        "depth": comment.depth,
        "answers": _answers_json(comment),
        "author": author_json(comment) if shown else None,
        "body_html": comment.body_html if shown else None,
        "language": comment.language,
        "edition": comment.edition,
        "status": comment.status,
        "created_at": comment.created_at,
        "edited_at": comment.edited_at,
        "featured": comment.featured and shown,
        "votes": {"up": comment.up_count, "down": comment.down_count} if shown else None,
        "reactions": comment.reactions if shown else None,
        "reply_count": comment.reply_count,
    }


def author_json(comment: Any) -> dict[str, Any]:
    """Who wrote a comment, by what was read of them (`accounts.faces`)."""
    return _face_json(comment.author_id, face_from(comment.face))


def _face_json(author_id: UUID, face: Face) -> dict[str, Any]:
    return {
        "id": author_id,
        "name": face.name,
        "avatar_url": face.avatar_url,
        "badges": face.badges,
        "page_url": page_url(author_id) if face.public_page else None,
    }


def _answers_json(comment: Any) -> dict[str, Any] | None:
    other = comment.answers
    if other is None or not comment.is_published:
        return None
    author = _face_json(other.author_id, face_from(comment.answered_face))
    return {"id": other.pk, "author": author if other.is_published else None}


def shown_json(row: Shown) -> Fragment:
    return Fragment(row.json)


def entry_json(entry: Entry) -> Fragment:
    said = entry.comment.json
    if entry.replies is not None:
        said = b'%b,"replies":%b}' % (said[:-1], dumps(list_json(entry.replies)))
    return Fragment(said)


def list_json(page: Page[Shown]) -> dict[str, Any]:
    return {"results": [shown_json(row) for row in page.rows], "next": page.next}


def page_json(page: Page[Entry]) -> dict[str, Any]:
    rows = [entry_json(entry) for entry in page.rows]
    return {"results": rows, "next": page.next, "previous": page.previous}


def context_json(context: Context) -> dict[str, Any]:
    return {"comment": shown_json(context.comment), **page_json(context.page)}


def own_json(own: Own) -> dict[str, Any]:
    """A comment as its author sees it: never a tombstone, and why it waits or was rejected."""
    comment = own.comment
    waits = comment.status in (Status.HELD, Status.REJECTED)
    until = edit_until(comment) if comment.status in EDITABLE else None
    return {
        **comment_json(comment),
        "author": author_json(comment),
        "body_html": comment.body_html,
        "votes": {"up": comment.up_count, "down": comment.down_count},
        "reactions": comment.reactions,
        "body": own.body,
        "reasons": [reasons.explain(own.reason, own.note)] if waits and own.reason else [],
        "edit_until": until,
    }


def overlay_json(overlay: Overlay) -> dict[str, Any]:
    return {
        "votes": overlay.votes,
        "reactions": overlay.reactions,
        "own": [own_json(own) for own in overlay.own],
        "muted": overlay.muted,
        "following": False,
    }
