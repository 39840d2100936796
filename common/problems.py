"""RFC 9457 problem details: every refusal of the API becomes one shape here and nowhere else."""

import logging
import sys
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.views import csrf, defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from common.away import refusal_for
from common.errors import FieldError, InvalidInput, Refusal
from common.json import dumps
from common.shapes import CONTENT_TYPE, problem

LOG = logging.getLogger(__name__)
#: DRF's words for a fault, where ours differ. The codes are part of the API.
CODES = {"error": "bad_request", "parse_error": "malformed_json", "invalid": "invalid_input"}


def to_response(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None (a 500) for what nobody foresaw."""
    if refusal := refusal_for(exc):
        answer = Response(_problem_of(refusal), status=refusal.status)
        if refusal.retry_after is not None:
            answer["Retry-After"] = str(refusal.retry_after)
        if refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
            _say_away(answer, context["request"], exc)
    elif isinstance(exc, Http404):
        answer = _answer(404, "not_found", _("There is nothing here."))
    elif isinstance(exc, PermissionDenied):
        answer = _answer(403, "forbidden", _("You may not do this."))
    elif isinstance(exc, exceptions.ValidationError):
        refusal = invalid(exc)
        answer = Response(_problem_of(refusal), status=refusal.status)
    elif isinstance(exc, exceptions.APIException):
        code = str(getattr(exc.detail, "code", exc.default_code))
        answer = _answer(exc.status_code, CODES.get(code, code), str(exc.detail))
        if challenge := getattr(exc, "auth_header", None):
            answer["WWW-Authenticate"] = challenge
        if wait := getattr(exc, "wait", None):
            answer["Retry-After"] = str(int(wait))
    else:
        return None
    set_rollback()
    answer.content_type = CONTENT_TYPE
    return answer


def _answer(status: int, code: str, detail: str) -> Response:
    return Response(problem(status=status, code=code, detail=detail), status=status)


def invalid(fault: exceptions.ValidationError) -> InvalidInput:
    """What REST framework found wrong with a body, as a refusal of ours."""
    return InvalidInput(errors=tuple(_field_errors(fault.get_full_details(), "")))


def _field_errors(details: Any, pointer: str) -> Iterator[FieldError]:
    """Walk DRF's nested details and give each fault its JSON pointer (RFC 6901)."""
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        yield FieldError(pointer, str(details["code"]), str(details["message"]))
    elif isinstance(details, dict):
        for key, value in details.items():
            step = (
                ""
                if key == "non_field_errors"
                else "/" + str(key).replace("~", "~0").replace("/", "~1")
            )
            yield from _field_errors(value, pointer + step)
    elif isinstance(details, list):
        leaves = all(isinstance(row, dict) and set(row) == {"message", "code"} for row in details)
        for index, row in enumerate(details):
            yield from _field_errors(row, pointer if leaves else f"{pointer}/{index}")


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler404: a problem below `/api/`, our page elsewhere."""
    if request.path.startswith("/api/"):
        return plain(problem(status=404, code="not_found", detail=_("There is nothing here.")))
    return defaults.page_not_found(request, exception or Http404())


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: a host that is not ours, a body too big, and the like."""
    sentence = _("This request is not one we understand.")
    if request.path.startswith("/api/"):
        return plain(problem(status=400, code="bad_request", detail=sentence))
    if request.path.startswith("/_allauth/"):
        return _for_allauth(400, "bad_request", sentence)
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: no detail that could leak, but the request's id to quote.

    Also for refusals that arise outside DRF, such as 503 while the database is away: in
    middleware, on pages, in allauth. Nothing here needs database or session.
    """
    fault = sys.exc_info()[1]
    if refusal := refusal_for(fault):
        with translation.override(translation.get_language_from_request(request)):
            return _refused(request, refusal, fault)
    if request.path.startswith("/api/"):
        detail = _("Something broke on our side. Please try again.")
        body = problem(status=500, code="server_error", detail=detail)
        return plain({**body, "request_id": getattr(request, "id", "")})
    return defaults.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW, without the debugging page."""
    if request.path.startswith("/api/"):
        detail = _("This request did not come from one of our pages. Reload and try again.")
        return plain(problem(status=403, code="csrf_failed", detail=detail))
    return csrf.csrf_failure(request, reason)


def plain(body: dict[str, Any]) -> HttpResponse:
    """A problem outside DRF."""
    return HttpResponse(dumps(body), status=body["status"], content_type=CONTENT_TYPE)


def _problem_of(refusal: Refusal) -> dict[str, Any]:
    return problem(
        status=refusal.status,
        code=refusal.code,
        detail=str(refusal.detail),
        errors=refusal.errors,
    )


def _refused(request: HttpRequest, refusal: Refusal, fault: BaseException | None) -> HttpResponse:
    """A refusal outside DRF, in the shape of whoever answers at this address."""
    if request.path.startswith("/api/"):
        answer = plain(_problem_of(refusal))
    elif request.path.startswith("/_allauth/"):
        answer = _for_allauth(refusal.status, refusal.code, str(refusal.detail))
    else:
        again = request.get_full_path() if request.method == "GET" else ""
        page = render_to_string("503.html", {"sentence": refusal.detail, "again": again})
        answer = HttpResponse(page, status=refusal.status)
    if refusal.retry_after is not None:
        answer["Retry-After"] = str(refusal.retry_after)
    return _say_away(answer, request, fault)


Answer = TypeVar("Answer", bound=HttpResponseBase)


def _say_away(answer: Answer, request: HttpRequest, fault: BaseException | None) -> Answer:
    """For logs one line instead of Django's and a traceback; for other origins, read by all.

    Which origins are registered stands in the database that is perhaps away.
    """
    answer["Cache-Control"] = "no-store"
    if request.path.startswith("/api/"):
        answer["Access-Control-Allow-Origin"] = "*"
        answer["Access-Control-Expose-Headers"] = "Retry-After"
    cause = getattr(fault, "__cause__", None) or fault
    LOG.warning("Refused with 503: %s", cause)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # Django's own mark
    return answer


def _for_allauth(status: int, code: str, sentence: str) -> HttpResponse:
    """An answer in the shape of allauth's errors."""
    body = {"status": status, "errors": [{"code": code, "message": sentence}]}
    return HttpResponse(dumps(body), status=status, content_type="application/json")
