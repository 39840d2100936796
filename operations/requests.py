"""Every request gets an id, is counted, and is told in a line where that says more than a count."""

import logging
import re
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from common import logs
from common.ids import new_id
from common.metrics import REQUESTS

log = logging.getLogger(__name__)

SOUND_ID = re.compile(r"[A-Za-z0-9._:-]{8,128}")
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
FILES = ("/static/", "/widget/")
#: Routes whose good answers are not worth a line.
UNTOLD = {"files", "healthz", "readyz"}
SLOW_SECONDS = 1.0
#: In a request's environment, when it began for who asked for it before Django did.
BEGAN = "colloquy.began"


class Watched:
    """The outermost middleware: `X-Request-Id`, metrics, and the line in the log.

    What failed or took long has a line; all else only where `LOG_ALL_REQUESTS` says so. A public
    read that went well has neither line nor id: its answer is the same for everyone, headers
    included, and metrics count it. Files and healthy checks have no line either.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = request.META.get(BEGAN) or time.perf_counter()
        # Of our own making: the page of a 500 quotes it.
        request.id = _id_of(request)  # type: ignore[attr-defined]
        with logs.about(request=request.id):  # type: ignore[attr-defined]
            response = self.get_response(request)
            self._tell(request, response, time.perf_counter() - began)
        return response

    def _tell(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        is_public = getattr(response, "is_public_read", False)
        if not is_public:
            response.headers["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        answered = Answered(_route(request), _method(request), response.status_code, seconds)
        tell(answered, _ids(request, response), is_public=is_public)


class Answered(NamedTuple):
    """What metrics hear of an answer."""

    route: str
    method: str
    status: int
    seconds: float


def tell(answered: Answered, ids: Mapping[str, str], *, is_public: bool) -> None:
    """Count an answer, and log it where that says more."""
    route, method, status, seconds = answered
    if settings.METRICS_PORT:
        _times(route, method, f"{status // 100}xx").observe(seconds)
    is_dull = is_public or route in UNTOLD or not settings.LOG_ALL_REQUESTS
    if status >= 500 or seconds >= SLOW_SECONDS or not is_dull:
        facts = {"method": method, "route": route, "status": status}
        facts |= {"milliseconds": round(seconds * 1_000, 1), **ids}
        level = logging.WARNING if status >= 500 else logging.INFO
        log.log(level, "Answered.", extra={"fields": facts})


#: The library looks at its labels anew each time.
_times = lru_cache(maxsize=1_000)(REQUESTS.labels)


def _id_of(request: HttpRequest) -> str:
    """The id that a trusted proxy gave, if it looks like one; else a new one."""
    if settings.TRUSTED_PROXIES:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        if SOUND_ID.fullmatch(given):
            return given
    return str(new_id())


def _route(request: HttpRequest) -> str:
    """The pattern of the route table that the path fits, never the path: paths hold anything."""
    if request.resolver_match:
        return request.resolver_match.route
    return "files" if request.path_info.startswith(FILES) else "none"


def _method(request: HttpRequest) -> str:
    return request.method if request.method in METHODS else "other"


def _ids(request: HttpRequest, response: HttpResponse) -> dict[str, str]:
    """Ids that the path names, and that of what the request made."""
    ids = ids_in(request.resolver_match.kwargs if request.resolver_match else {})
    made = response.headers.get("Location", "") if response.status_code == 201 else ""
    return ids | {"made": made.rpartition("/")[2]} if made else ids


def ids_in(path: Mapping[str, Any]) -> dict[str, str]:
    """The ids among what a path names."""
    return {name: str(value) for name, value in path.items() if isinstance(value, UUID)}
