"""Readers who wish to be read in one place: who they are, and what they wrote where."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from accounts.faces import avatar_url, page_url
from articles import selectors
from articles.models import Edition
from comments.api.reading import CURSOR, LIMIT
from comments.api.serializers import CommentShape, comment_json
from comments.models import Comment
from comments.selectors import by_author, with_a_page
from common import cursors
from common.permissions import Anyone
from common.views import PublicView, Query, Read, keyed


class ReaderShape(serializers.Serializer[Any]):
    """A reader with a public page."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    avatar_url = serializers.URLField(allow_null=True)
    page_url = serializers.URLField()


class PageShape(serializers.Serializer[Any]):
    """Where a comment stands; null where its page is not known."""

    title = serializers.CharField()
    url = serializers.URLField()


class PlacedCommentShape(CommentShape):
    page = PageShape(allow_null=True)


class PlacedCommentsShape(serializers.Serializer[Any]):
    results = PlacedCommentShape(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class ReaderDetail(PublicView):
    """`GET /readers/{id}`: who it is. 404 for who has no public page. One query."""

    permission_classes = [Anyone]

    @extend_schema(responses=ReaderShape, summary="A reader who wishes to be read in one place")
    def get(self, query: Query, reader_id: UUID) -> Read:
        reader = with_a_page(reader_id)
        body = {
            "id": reader.pk,
            "name": reader.name,
            "avatar_url": avatar_url(reader.avatar_id),
            "page_url": page_url(reader.pk),
        }
        return keyed(body, f"reader-{reader_id}")


class ReaderComments(PublicView):
    """`GET /readers/{id}/comments`: their published comments, the latest first. Three queries."""

    permission_classes = [Anyone]
    asks = frozenset({"cursor", "limit"})

    @extend_schema(
        parameters=[CURSOR, LIMIT],
        responses=PlacedCommentsShape,
        summary="What such a reader wrote, the latest first",
    )
    def get(self, query: Query, reader_id: UUID) -> Read:
        page = by_author(
            with_a_page(reader_id),
            limit=cursors.read_limit(query.get("limit")),
            cursor_text=query.get("cursor"),
        )
        pages = selectors.pages_of(page.rows)
        rows = [_placed(row, pages.get(row.pk)) for row in page.rows]
        body = {"results": rows, "next": page.next, "previous": page.previous}
        return keyed(body, f"reader-{reader_id}")


def _placed(comment: Comment, edition: Edition | None) -> dict[str, Any]:
    page = {"title": edition.title, "url": edition.url} if edition else None
    return {**comment_json(comment), "page": page}
