"""Reading a thread: public, the same bytes for everyone."""

from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema

from comments import reading, selectors
from comments.api.serializers import (
    CommentPageShape,
    ContextShape,
    ThreadShape,
    context_json,
    list_json,
    thread_json,
)
from comments.reading import Conversation, Selection
from comments.states import Sort
from common import cursors
from common.errors import Refusal
from common.serializers import is_locale
from common.views import PublicView, Query, Read, keyed

CURSOR = OpenApiParameter("cursor", str, description="`next` or `previous` of another page.")
LIMIT = OpenApiParameter("limit", int, description="1 to 100; 20 if not given.")
SORT = OpenApiParameter("sort", str, enum=Sort.values, description="`best` if not given.")
LANGUAGE = OpenApiParameter(
    "language", str, description="Top-level comments in this language only, as `languages` has it."
)
FEATURED = OpenApiParameter(
    "featured", bool, description="`true`: only top-level comments that the site has featured."
)
EDITION = OpenApiParameter("edition", str, description="The locale of the page (`ko`).")


class UnknownSort(Refusal):
    code: ClassVar[str] = "unknown_sort"
    detail = _("This thread can be sorted by: best, newest, oldest, top, discussed.")


class BadLanguage(Refusal):
    code: ClassVar[str] = "bad_language"
    detail = _("A language looks like en, ko or pt-BR.")


class BadFeatured(Refusal):
    code: ClassVar[str] = "bad_featured"
    detail = _("`featured` is true or false.")


class ThreadDetail(PublicView):
    """`GET /threads/{t}`: state, prompt, counts, version. Two queries."""

    asks = frozenset({"edition"})

    @extend_schema(parameters=[EDITION], responses=ThreadShape)
    def get(self, query: Query, thread_id: UUID) -> Read:
        head = selectors.thread_head(thread_id)
        body = thread_json(head, edition=query.get("edition", "en"))
        return keyed(body, f"thread-{thread_id}", stamp=selectors.stamp(thread_id, head.version))


class ReplyList(PublicView):
    """`GET …/{c}/replies`: the descendants of a top-level comment, oldest first. One query."""

    asks = frozenset({"cursor", "limit"})

    @extend_schema(parameters=[CURSOR, LIMIT], responses=CommentPageShape)
    def get(self, query: Query, thread_id: UUID, comment_id: UUID) -> Read:
        version, page = reading.replies(
            thread_id,
            comment_id,
            limit=cursors.read_limit(query.get("limit")),
            cursor_text=query.get("cursor"),
        )
        body = {**list_json(page), "previous": page.previous}
        return keyed(body, f"thread-{thread_id}", stamp=selectors.stamp(thread_id, version))


class CommentContext(PublicView):
    """`GET …/{c}/context`: the page on which a comment stands, for its permalink. Three queries."""

    asks = frozenset({"sort", "limit"})

    @extend_schema(parameters=[SORT, LIMIT], responses=ContextShape)
    def get(self, query: Query, thread_id: UUID, comment_id: UUID) -> Read:
        context = reading.context(
            Selection(thread_id, read_sort(query.get("sort"))),
            comment_id,
            limit=cursors.read_limit(query.get("limit")),
        )
        stamp = selectors.stamp(thread_id, context.page.version)
        return keyed(context_json(context), f"thread-{thread_id}", stamp=stamp)


def comment_page(thread_id: UUID, query: Any) -> Conversation:
    """A page of top-level comments as a client's query (`sort`, `language`, `featured`, `cursor`,
    `limit`) asks for it. One query. Raises Http404, UnknownSort, BadLanguage, BadFeatured,
    BadCursor, BadLimit.
    """
    return reading.page(
        Selection(
            thread_id,
            read_sort(query.get("sort")),
            language=_read_language(query.get("language")),
            featured=_read_featured(query.get("featured")),
        ),
        limit=cursors.read_limit(query.get("limit")),
        cursor_text=query.get("cursor"),
    )


def read_sort(text: str | None) -> Sort:
    """The order a client asks for; the best first if it does not say. Raises UnknownSort."""
    try:
        return Sort(text or Sort.BEST)
    except ValueError as fault:
        raise UnknownSort from fault


def _read_language(text: str | None) -> str:
    if text and not is_locale(text):
        raise BadLanguage
    return text or ""


def _read_featured(text: str | None) -> bool:
    if text not in (None, "", "true", "false"):
        raise BadFeatured
    return text == "true"
