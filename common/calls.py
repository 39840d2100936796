"""Calls of the API that bring no cookie go a shorter way than pages.

They are nobody's session, show no messages and are written by no form: what Django and others do to
requests for the sake of these takes longer than many a call itself.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.module_loading import import_string

Way = Callable[[HttpRequest], HttpResponseBase]


def is_bare_call(request: HttpRequest) -> bool:
    """Whether this is a call of the API that brings no cookie."""
    return request.path.startswith("/api/") and not request.META.get("HTTP_COOKIE")


class TwoWays(BaseHandler):
    """Bare calls meet `settings.CALL_MIDDLEWARE` only, all else `settings.MIDDLEWARE`."""

    #: Django's stubs do not know them.
    _get_response: Any
    _middleware_chain: Any

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async)
        whole, short = self._middleware_chain, convert_exception_to_response(self._get_response)
        for name in reversed(settings.CALL_MIDDLEWARE):
            short = convert_exception_to_response(import_string(name)(short))
        self._middleware_chain = lambda asked: (short if is_bare_call(asked) else whole)(asked)


class Handler(TwoWays, WSGIHandler):
    """Django as a WSGI application, with both ways."""


class Language:
    """What Django's does, as far as it concerns calls: `Accept-Language` says all."""

    def __init__(self, get_response: Way) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = _spoken(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", translation.get_language())
        return response


@lru_cache(maxsize=512)
def _spoken(accepted: str) -> str:
    """The best of our languages for an `Accept-Language`."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepted
    return translation.get_language_from_request(request)
