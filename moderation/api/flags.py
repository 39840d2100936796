"""A reader's report of a comment."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_204_NO_CONTENT

from comments.api.writing import comment_for
from common.permissions import SignedIn
from common.serializers import StrictCharField, StrictSerializer
from common.views import PrivateView
from moderation.services import flags
from moderation.states import FlagReason


class FlagInput(StrictSerializer):
    reason = serializers.ChoiceField(choices=FlagReason.choices)
    detail = StrictCharField(max_length=500, allow_blank=True, default="")


class CommentFlag(PrivateView):
    """`PUT …/comments/{c}/flag`: the reader's one report. 204; 404 if it is not public."""

    permission_classes = [SignedIn]
    limits = {"PUT": "reporting"}

    @extend_schema(request=FlagInput, responses={204: None})
    def put(self, request: Request, thread_id: UUID, comment_id: UUID) -> Response:
        comment = comment_for(request, thread_id, comment_id)
        wanted = FlagInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        flags.raise_flag(comment=comment, actor=request.user, **wanted.validated_data)
        return Response(status=HTTP_204_NO_CONTENT)
