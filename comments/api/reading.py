"""Reading a thread: public, the same bytes for everyone."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from comments import selectors
from comments.api.serializers import (
    CommentPageShape,
    ThreadShape,
    comment_json,
    page_json,
    thread_json,
)
from comments.states import Sort
from common import cursors
from common.views import PublicView, keyed

CURSOR = OpenApiParameter("cursor", str, description="`next` or `previous` of another page.")
LIMIT = OpenApiParameter("limit", int, description="1 to 100; 20 if not given.")
SORT = OpenApiParameter("sort", str, enum=Sort.values, description="`newest` if not given.")
EDITION = OpenApiParameter("edition", str, description="The locale of the page (`ko`).")


class ThreadDetail(PublicView):
    """`GET /threads/{t}`: state, prompt, counts, version. Two queries."""

    asks = frozenset({"edition"})

    @extend_schema(parameters=[EDITION], responses=ThreadShape)
    def get(self, request: Request, thread_id: UUID) -> Response:
        head = selectors.thread_head(thread_id)
        body = thread_json(head, edition=request.query_params.get("edition", "en"))
        return keyed(body, f"thread-{thread_id}", stamp=selectors.stamp(thread_id, head.version))


class ReplyList(PublicView):
    """`GET …/{c}/replies`: the descendants of a top-level comment, oldest first. Two queries."""

    asks = frozenset({"cursor", "limit"})

    @extend_schema(parameters=[CURSOR, LIMIT], responses=CommentPageShape)
    def get(self, request: Request, thread_id: UUID, comment_id: UUID) -> Response:
        page = selectors.replies(
            selectors.root_shown(thread_id, comment_id),
            limit=cursors.read_limit(request.query_params.get("limit")),
            cursor_text=request.query_params.get("cursor"),
        )
        rows = [comment_json(row) for row in page.rows]
        body = {"results": rows, "next": page.next, "previous": page.previous}
        return keyed(body, f"thread-{thread_id}")


def comment_page(thread_id: UUID, asked: Any) -> dict[str, Any]:
    """A page of top-level comments as a client's query (`sort`, `cursor`, `limit`) asks for it.
    Two queries. Raises UnknownSort, BadCursor, BadLimit.
    """
    page = selectors.page(
        thread_id,
        sort=selectors.read_sort(asked.get("sort")),
        limit=cursors.read_limit(asked.get("limit")),
        cursor_text=asked.get("cursor"),
    )
    return page_json(page)
