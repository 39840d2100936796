"""The one shape of a refusal on the wire: RFC 9457 problem details. Knows no framework."""

from http import HTTPStatus
from typing import Any

from common.errors import FieldError

CONTENT_TYPE = "application/problem+json"


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
