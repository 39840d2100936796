"""The two kinds of API view: public reads, and everything else."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, cast

from django.http import HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.datastructures import MultiValueDict
from django.utils.http import parse_etags
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import MethodNotAllowed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_204_NO_CONTENT
from rest_framework.views import APIView

from common import cdn, limits
from common.calls import is_bare_call
from common.errors import Refusal
from common.json import JSONParser, JSONRenderer, dumps
from common.permissions import Anyone
from common.retrying import retried
from common.stamps import FRESH, STAMP

#: An answer of the API is no page: nothing in it may be run or framed.
NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
UNSTORED = {"Cache-Control": "no-store", "Content-Security-Policy": NO_PAGE}
#: Any page's script may have and read a public answer.
OPEN_TO_ALL = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After",
}
#: In a request's environment, what a public read raised when it was asked without Django's handler.
FAULT = "colloquy.fault"
#: All that a public read is told of a request.
Query = MultiValueDict[str, str]


class Read(NamedTuple):
    """What a public read answers, with what it says of itself."""

    body: bytes
    headers: dict[str, str]


class NullInQuery(Refusal):
    code: ClassVar[str] = "null_characters_not_allowed"
    detail = _("Null characters are not allowed.")


class PrivateView(APIView):
    """What belongs to one asker, or changes something: never stored by any cache.

    Each write is one transaction (or none): where it meets another's and has to give way, the
    handler is run again.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in {"post", "put", "patch", "delete"} & vars(cls).keys():
            setattr(cls, name, retried(vars(cls)[name]))

    #: Which policy of `settings.RATE_LIMITS` counts each method that writes.
    limits: ClassVar[Mapping[str, str]] = {}

    @property
    def default_response_headers(self) -> dict[str, str]:
        """`Allow` where it is due: with 405, and for who asks by OPTIONS."""
        method = str(self.request.method).lower()
        is_known = method in self.http_method_names and hasattr(self, method)
        return {} if is_known and method != "options" else super().default_response_headers

    def check_throttles(self, request: Request) -> None:
        """DRF calls this once it knows who asks. The same `Idempotency-Key` again is not counted
        again where the handler does nothing twice.
        """
        method = request.method or ""
        if policy := self.limits.get(method):
            is_once = getattr(getattr(self, method.lower()), "is_idempotent", False)
            key = request.headers.get("Idempotency-Key") if is_once else None
            limits.check(request, policy, key=key)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """What an address does not answer is said first: 405 to everybody, not 401 to some."""
        method = request.method or ""
        if not hasattr(self, method.lower()):
            raise MethodNotAllowed(method)
        super().initial(request, *args, **kwargs)
        refuse_nulls(request.META["QUERY_STRING"])

    def perform_content_negotiation(
        self, request: Request, force: bool = False
    ) -> tuple[BaseRenderer, str]:
        """JSON, whatever `Accept` asks for: it must not colour public bytes either."""
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type

    def finalize_response(
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in UNSTORED.items():
            response.headers[name] = value
        return response

    def refused(self, request: Any, fault: Exception, *args: Any, **kwargs: Any) -> Any:
        """What REST framework makes of a fault that arose on the way round it."""
        self.args, self.kwargs, self.headers = args, kwargs, {}
        self.request = self.initialize_request(request, *args, **kwargs)
        refusal = self.handle_exception(fault)
        return self.finalize_response(self.request, refusal, *args, **kwargs)


def refuse_nulls(query: str) -> None:
    """Raise NullInQuery for a query that no column takes: the database would break off."""
    if "%00" in query or "\x00" in query:
        raise NullInQuery


class BriefView(PrivateView):
    """For what many readers do at once: a call by token, in JSON or without a body, goes round REST
    framework, which takes longer than a vote.

    The handler is given Django's own request, with `user`, `auth` and `data`, and answers by
    `brief`. All else goes the framework's way, and so do refusals.
    """

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            found = self._by_token(request)
            if found is None:
                return super().dispatch(request, *args, **kwargs)
            request.user, request.auth = found
            for permission in self.get_permissions():
                if not permission.has_permission(request, self):
                    raise PermissionDenied
            self.check_throttles(request)
            request.data = JSONParser().parse(request) if _has_body(request) else {}
            handler = getattr(self, request.method.lower())
            answer: HttpResponseBase = handler(request, *args, **kwargs)
        except Exception as fault:
            return self.refused(request, fault, *args, **kwargs)
        for name, value in UNSTORED.items():
            answer.headers[name] = value
        return answer

    def _by_token(self, request: Any) -> Any:
        """Who asks, where this is a call as nearly all are; else None."""
        is_read = request.content_type == JSONParser.media_type or not _has_body(request)
        is_plain = is_read and is_bare_call(request) and not request.META["QUERY_STRING"]
        if not is_plain or request.method not in self.limits:
            return None
        return self.authentication_classes[0]().authenticate(request)


def _has_body(request: Any) -> bool:
    return request.META.get("CONTENT_LENGTH") not in {None, "", "0"}


def brief(body: Any = None) -> HttpResponse:
    """The answer of a `BriefView`; 204 where it says nothing."""
    if body is not None:
        return HttpResponse(dumps(body), content_type=JSONRenderer.media_type)
    answer = HttpResponse(status=HTTP_204_NO_CONTENT)
    del answer["Content-Type"]
    return answer


class PublicView(PrivateView):
    """Reads that are the same bytes for everyone: no credentials, any origin, an ETag, 304.

    `permission_classes` are those of the methods that write, where a view has any. Errors of
    reads are in English, since the asker's language must not colour the bytes.

    Reads go round REST framework, which takes longer than most of them, and most go round Django's
    handler too (`config.public`): `get` is given the query and nothing else of a request, and
    answers by `keyed`. Refusals go the framework's way.
    """

    #: All that a read takes from its query: whatever else stands there makes no other address.
    asks: ClassVar[frozenset[str]] = frozenset()

    @property
    def reads(self) -> bool:
        """Whether this request only reads. The schema's generator brings no request at first."""
        return self.request is None or self.request.method in SAFE_METHODS

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [] if self.reads else super().get_authenticators()

    def get_permissions(self) -> Sequence[Any]:
        return [Anyone()] if self.reads else super().get_permissions()

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        get = getattr(self, "get", None)
        if get is None or request.method not in {"GET", "HEAD"}:
            return super().dispatch(request, *args, **kwargs)
        translation.activate("en")
        try:
            if fault := request.META.get(FAULT):
                raise fault
            refuse_nulls(request.META["QUERY_STRING"])
            read = get(request.GET, **kwargs)
        except Exception as fault:
            return self.refused(request, fault, *args, **kwargs)
        return _unless_known(request, read)

    def finalize_response(
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.reads and isinstance(response, Response):
            response.add_post_render_callback(_as_public)
        return response


def keyed(body: Any, *keys: str, stamp: str = "", fresh: float | None = None) -> Read:
    """A public answer that a CDN may purge by these keys (`thread-<id>`, `article-<id>`).

    `stamp`: what tells whether it would still be the same (`edge.wsgi`), read before the answer.
    Whenever that changes its keys are purged, so a CDN that can be told may keep it.
    `fresh`: for how many seconds the edge may give it again without a look, if not for one.
    """
    content = dumps(body)
    headers = {
        "Content-Type": JSONRenderer.media_type,
        "Surrogate-Key": " ".join(keys),
        "Content-Security-Policy": NO_PAGE,
        **OPEN_TO_ALL,
        "Cache-Control": "public, max-age=0, s-maxage=1",
        "ETag": etag_of(content),
    }
    if stamp:
        headers |= {STAMP: stamp, **cdn.lasting(keys)}
    if fresh:
        headers[FRESH] = str(fresh)
    return Read(content, headers)


def etag_of(content: bytes) -> str:
    """The strong ETag of these bytes."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _unless_known(request: Any, read: Read) -> HttpResponse:
    """The answer to who does not have it yet; 304 to who does."""
    answer: Any = HttpResponse(read.body, headers=read.headers)
    known = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    if read.headers["ETag"] in {tag.removeprefix("W/") for tag in known}:  # weak: RFC 9110
        answer = HttpResponseNotModified(headers=read.headers)
        del answer["Content-Type"]
    answer.is_public_read = True  # for middleware, which sees no view
    return cast("HttpResponse", answer)


def _as_public(refusal: Any) -> None:
    """What a refusal says of itself: as public as what it refuses."""
    refusal.is_public_read = True
    for name, value in OPEN_TO_ALL.items():
        refusal[name] = value
    refusal["Cache-Control"] = "no-store" if refusal.status_code >= 500 else "s-maxage=1"
