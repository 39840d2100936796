"""`/me`: who is signed in. `/auth`: how the widget gets a token and gives it back."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_204_NO_CONTENT

from accounts.api.serializers import (
    ExchangeInput,
    IssuedToken,
    Me,
    MeInput,
    SsoInput,
    me_json,
)
from accounts.authentication import TokenAuthentication
from accounts.models import User
from accounts.services import handover, profile, sso, tokens
from common.json import dumps
from common.permissions import Anyone, SignedIn
from common.views import PrivateView, etag_of

IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of the `/me` this change started from; 412 if it changed meanwhile.",
)


class OwnProfile(PrivateView):
    """GET, PATCH /me: the reader's own account. 400 unknown field, bad name or language; 403 the
    name is locked; 412 it is not what `If-Match` says.
    """

    permission_classes = [SignedIn]
    limits = {"PATCH": "own_account"}

    @extend_schema(responses=Me, summary="Who is signed in")
    def get(self, request: Request) -> Response:
        return _tagged(me_json(request))

    @extend_schema(
        parameters=[IF_MATCH], request=MeInput, responses=Me, summary="Change name or language"
    )
    def patch(self, request: Request) -> Response:
        wanted = MeInput(data=request.data, context={"user": request.user})
        wanted.is_valid(raise_exception=True)
        profile.change(request.user, **wanted.validated_data, seen=_seen(request))
        return _tagged(me_json(request))


def _tagged(body: dict[str, Any]) -> Response:
    return Response(body, headers={"ETag": etag_of(dumps(body))})


def _seen(request: Request) -> User | None:
    """The account as the `If-Match` of this request knows it; None without. Raises
    ChangedMeanwhile.
    """
    asked = {tag.strip() for tag in request.headers.get("If-Match", "*").split(",")}
    if "*" in asked:
        return None
    if etag_of(dumps(me_json(request))) not in asked:
        raise profile.ChangedMeanwhile
    return request.user


class Exchange(PrivateView):
    """POST /auth/exchange: a reader token for the popup's code. 400: the code opens nothing."""

    authentication_classes: ClassVar = []
    permission_classes = [Anyone]
    limits = {"POST": "signing_in"}

    @extend_schema(request=ExchangeInput, responses=IssuedToken, summary="Code to reader token")
    def post(self, request: Request) -> Response:
        wanted = ExchangeInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        token, text = handover.exchange(
            **wanted.validated_data,
            origin=request.headers.get("Origin"),
            user_agent=request.headers.get("User-Agent", ""),
        )
        return Response(IssuedToken({"token": text, "expires_at": token.expires_at}).data)


class SingleSignOn(PrivateView):
    """POST /auth/sso: a reader token for a publisher's signed token. 400: it opens nothing. 403:
    the origin is not the site's, or the account is closed.
    """

    authentication_classes: ClassVar = []
    permission_classes = [Anyone]
    limits = {"POST": "signing_in"}

    @extend_schema(
        request=SsoInput, responses=IssuedToken, summary="Publisher's token to reader token"
    )
    def post(self, request: Request) -> Response:
        wanted = SsoInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        token, text = sso.sign_in(
            token=wanted.validated_data["token"],
            site_id=wanted.validated_data.get("site"),
            origin=request.headers.get("Origin"),
        )
        return Response(IssuedToken({"token": text, "expires_at": token.expires_at}).data)


class Revoke(PrivateView):
    """POST /auth/revoke: end the token this very request carries. 204."""

    authentication_classes: ClassVar = [TokenAuthentication]
    permission_classes = [SignedIn]
    limits = {"POST": "signing_in"}

    @extend_schema(request=None, responses={204: None}, summary="Sign out: end this token")
    def post(self, request: Request) -> Response:
        tokens.revoke(request.auth)
        return Response(status=HTTP_204_NO_CONTENT)
