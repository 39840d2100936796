"""`/me/avatar`: the reader's picture, sent as it is (no form around it)."""

from collections.abc import Mapping
from typing import IO, Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_204_NO_CONTENT

from accounts.api.serializers import Me, me_json
from accounts.services import avatars
from common.permissions import SignedIn
from common.views import PrivateView


class PictureParser(BaseParser):
    """The body as it is, up to a byte more than we take. What it is, decoding finds out."""

    media_type = "image/*"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return stream.read(avatars.ENOUGH)


class OwnAvatar(PrivateView):
    """`PUT /me/avatar`: the body is the picture. 400 unreadable, 413 too large, 415 no picture.
    `DELETE`: go without.
    """

    permission_classes = [SignedIn]
    parser_classes: ClassVar = [PictureParser]
    limits = {"PUT": "avatars", "DELETE": "own_account"}

    @extend_schema(
        request={"image/*": OpenApiTypes.BINARY},
        responses=Me,
        summary="Set the picture: JPEG, PNG, WebP or GIF, 2 MB at most",
    )
    def put(self, request: Request) -> Response:
        content = request.data if isinstance(request.data, bytes) else b""
        avatars.put_on(request.user, content)
        return Response(me_json(request))

    @extend_schema(request=None, responses={204: None}, summary="Go without a picture")
    def delete(self, request: Request) -> Response:
        avatars.take_off(request.user)
        return Response(status=HTTP_204_NO_CONTENT)
