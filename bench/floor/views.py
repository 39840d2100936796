"""The floor's two views: a token's look-up and one INSERT that is committed when they answer."""

from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from accounts import authentication
from accounts.models import Token
from accounts.services import tokens
from bench.floor.models import Mark, Note
from common.permissions import Anyone
from common.views import PrivateView

#: As comment writes are authenticated, where that differs from other calls.
VotingAuthentication: Any = getattr(
    authentication, "RememberedToken", authentication.TokenAuthentication
)


def add_note(request: HttpRequest) -> HttpResponse:
    """`POST /note`: one SELECT (token and reader), one INSERT."""
    text = request.headers["Authorization"].removeprefix("Bearer ")
    token = Token.objects.select_related("user").filter(digest=tokens.digest(text)).first()
    if token is None or token.revoked_at or token.expires_at <= timezone.now():
        return HttpResponse(status=401)
    note = Note.objects.create(reader=token.user, body=orjson.loads(request.body)["body"])
    return _json({"id": note.pk, "body": note.body, "created_at": note.created_at}, 201)


def set_mark(request: HttpRequest, comment_id: UUID) -> HttpResponse:
    """`PUT /mark/<comment>`: the product's own authentication, one INSERT."""
    signed_in = VotingAuthentication().authenticate(request)
    if signed_in is None:
        return HttpResponse(status=401)
    reader, _token = signed_in
    value = orjson.loads(request.body)["value"]
    Mark.objects.create(reader_id=reader.pk, comment_id=comment_id, value=value)
    return _json({"value": value}, 200)


class Seen(PrivateView):
    """`GET /seen`: a view as the API has them, which answers to anybody and looks who it is."""

    permission_classes = [Anyone]

    def get(self, request: Request) -> HttpResponse:
        return _json({"signed_in": request.user.is_authenticated}, 200)


def _json(content: Any, status: int) -> HttpResponse:
    body = orjson.dumps(content)
    headers = {"Content-Length": str(len(body))}
    return HttpResponse(body, status=status, headers=headers, content_type="application/json")
