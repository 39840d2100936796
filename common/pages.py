"""What Django and others do to requests for the sake of pages, and calls of the API pass by.

A call that brings no cookie is nobody's session, shows no messages and is written by no form. It is
spared the work for these.
"""

from functools import lru_cache

from csp.middleware import CSPMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin


def is_bare_call(request: HttpRequest) -> bool:
    """Whether this is a call of the API that brings no cookie."""
    return request.path.startswith("/api/") and not request.META.get("HTTP_COOKIE")


class ForPages(MiddlewareMixin):
    """Middleware that bare calls pass by."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_bare_call(request):
            return self.get_response(request)  # type: ignore[return-value]  # we are no ASGI
        return super().__call__(request)  # type: ignore[return-value]  # we are no ASGI


class Sessions(ForPages, SessionMiddleware):
    """Django's `request.session`."""


class Users(ForPages, AuthenticationMiddleware):
    """Django's `request.user`, by session."""


class Messages(ForPages, MessageMiddleware):
    """Django's messages."""


class Policy(ForPages, CSPMiddleware):
    """django-csp's, but for answers that bring a policy of their own: it would build one and then
    leave it out.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if "Content-Security-Policy" in response.headers:
            return response
        return super().process_response(request, response)


class Language(LocaleMiddleware):
    """Django's, which looks at cookie and path too. In a bare call `Accept-Language` says all."""

    def process_request(self, request: HttpRequest) -> None:
        if not is_bare_call(request):
            super().process_request(request)
            return
        language = _spoken(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
        translation.activate(language)
        request.LANGUAGE_CODE = language

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not is_bare_call(request):
            return super().process_response(request, response)
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", translation.get_language())
        return response


@lru_cache(maxsize=512)
def _spoken(accepted: str) -> str:
    """The best of our languages for an `Accept-Language`."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepted
    return translation.get_language_from_request(request)
