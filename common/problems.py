"""RFC 9457 problem details: every refusal of the API becomes one shape here and nowhere else."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views import csrf, defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from common.errors import FieldError, Refusal
from common.json import dumps

CONTENT_TYPE = "application/problem+json"
#: DRF's words for a fault, where ours differ. The codes are part of the API.
CODES = {"error": "bad_request", "parse_error": "malformed_json", "invalid": "invalid_input"}


def problem(
    *,
    status: int,
    code: str,
    detail: str = "",
    errors: tuple[FieldError, ...] = (),
) -> dict[str, Any]:
    """The body of a problem: `{type, title, status, detail, code, errors}`."""
    return {
        "type": f"urn:colloquy:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [vars(error) for error in errors],
    }


def to_response(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None (a 500) for what nobody foresaw."""
    if isinstance(exc, Refusal):
        answer = Response(
            problem(status=exc.status, code=exc.code, detail=str(exc.detail), errors=exc.errors),
            status=exc.status,
        )
        if exc.retry_after is not None:
            answer["Retry-After"] = str(exc.retry_after)
    elif isinstance(exc, Http404):
        answer = _answer(404, "not_found", _("There is nothing here."))
    elif isinstance(exc, PermissionDenied):
        answer = _answer(403, "forbidden", _("You may not do this."))
    elif isinstance(exc, exceptions.ValidationError):
        errors = tuple(_field_errors(exc.get_full_details(), ""))
        answer = Response(
            problem(
                status=400,
                code="invalid_input",
                detail=_("Some fields need another look."),
                errors=errors,
            ),
            status=400,
        )
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


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: no detail that could leak."""
    if request.path.startswith("/api/"):
        detail = _("Something broke on our side. Please try again.")
        return plain(problem(status=500, code="server_error", detail=detail))
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
