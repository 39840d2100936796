"""Small words for the desk's templates."""

from datetime import timedelta
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from comments import rendering
from comments.models import Comment
from common import limits
from moderation.forms import SHORT

register = template.Library()


@register.inclusion_tag("moderation/_status.html")
def status_mark(status: str) -> dict[str, Any]:
    """A status by shape and word."""
    return {"status": status}


@register.filter
def comment_html(comment: Comment) -> SafeString:
    """A comment's text as stored: `comments.rendering` sanitised it when it was written."""
    return mark_safe(comment.body_html)  # noqa: S308  (made by rendering.to_html)


@register.filter
def excerpt(comment: Comment) -> str:
    """The beginning of a comment's text, on one line."""
    return rendering.to_text(comment.body_html, longest=110)


@register.filter
def in_a_word(reason: str) -> str:
    """A reason's code as a moderator reads it in a list."""
    return str(SHORT.get(reason, reason))


@register.filter
def as_a_wait(waited: timedelta | None) -> str:
    """How long something took, as one says it; a dash where there was nothing."""
    return limits.spoken(max(1, round(waited.total_seconds()))) if waited else "–"
