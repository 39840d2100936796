"""The reader's inbox."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import confined_to
from comments.api.reading import CURSOR, LIMIT
from comments.api.serializers import ReasonShape
from common import cursors
from common.permissions import SignedIn
from common.serializers import StrictSerializer
from common.views import PrivateView
from moderation.states import Ruling
from notifications import selectors
from notifications.services import notices
from notifications.states import Kind


class NoticeShape(serializers.Serializer[Any]):
    """One notice; `author_name` and `excerpt` are empty once the reply is gone."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)
    thread = serializers.UUIDField()
    comment = serializers.UUIDField()
    author_name = serializers.CharField(allow_null=True)
    excerpt = serializers.CharField()
    ruling = serializers.ChoiceField(choices=Ruling.choices, allow_null=True)
    reasons = ReasonShape(many=True)
    site_name = serializers.CharField()
    page_title = serializers.CharField()
    page_url = serializers.CharField()


class InboxShape(serializers.Serializer[Any]):
    results = NoticeShape(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    unread_count = serializers.IntegerField()


class ReadInput(StrictSerializer):
    """`ids` of notices that were read; left out: all."""

    ids = serializers.ListField(child=serializers.UUIDField(), max_length=100, required=False)


class UnreadShape(serializers.Serializer[Any]):
    unread_count = serializers.IntegerField()


class NoticeList(PrivateView):
    """`GET /me/notices`: the inbox, newest first, and how much of it is unread. Two queries."""

    permission_classes = [SignedIn]

    @extend_schema(parameters=[CURSOR, LIMIT], responses=InboxShape)
    def get(self, request: Request) -> Response:
        site_id = confined_to(request)
        page = selectors.inbox(
            request.user,
            site_id=site_id,
            limit=cursors.read_limit(request.query_params.get("limit")),
            cursor_text=request.query_params.get("cursor"),
        )
        return Response(
            {
                "results": [asdict(row) for row in page.rows],
                "next": page.next,
                "previous": None,
                "unread_count": selectors.unread_count(request.user, site_id=site_id),
            }
        )


class NoticesRead(PrivateView):
    """`POST /me/notices/read`: mark notices read. Two queries. Safe to repeat."""

    permission_classes = [SignedIn]
    limits = {"POST": "own_account"}

    @extend_schema(request=ReadInput, responses=UnreadShape)
    def post(self, request: Request) -> Response:
        wanted = ReadInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        site_id = confined_to(request)
        notices.mark_read(
            reader=request.user, site_id=site_id, ids=wanted.validated_data.get("ids")
        )
        unread = selectors.unread_count(request.user, site_id=site_id)
        return Response({"unread_count": unread})
