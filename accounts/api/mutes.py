"""`/me/muted`: whose comments a reader does not want to read."""

from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_204_NO_CONTENT

from accounts import selectors
from accounts.api.serializers import MutedListShape, muted_json
from accounts.models import User
from accounts.services import mutes
from common.permissions import SignedIn
from common.views import PrivateView


class MutedList(PrivateView):
    """`GET /me/muted`: all whom the reader muted, the latest first; at most 500. One query."""

    permission_classes = [SignedIn]

    @extend_schema(responses=MutedListShape, summary="Whom the reader muted, all of them")
    def get(self, request: Request) -> Response:
        rows = [muted_json(mute) for mute in selectors.muted_by(request.user)]
        return Response({"results": rows, "next": None, "previous": None})


class MutedAuthor(PrivateView):
    """`PUT /me/muted/{user}`: mute an author. `DELETE`: read them again. 204, and so is a repeat.
    400 oneself; 404 nobody; 409 enough are muted.
    """

    permission_classes = [SignedIn]
    limits = {"PUT": "own_account", "DELETE": "own_account"}

    @extend_schema(request=None, responses={204: None}, summary="Mute an author")
    def put(self, request: Request, author_id: UUID) -> Response:
        mutes.mute(request.user, get_object_or_404(User, pk=author_id))
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={204: None}, summary="Unmute an author")
    def delete(self, request: Request, author_id: UUID) -> Response:
        mutes.unmute(request.user, author_id)
        return Response(status=HTTP_204_NO_CONTENT)
