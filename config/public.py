"""Public reads: their addresses, how these are spelt in one way, and the short way to an answer."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_started
from django.http import HttpResponse
from django.middleware.security import SecurityMiddleware
from django.urls import ResolverMatch, URLPattern, URLResolver, get_resolver, resolve
from django.utils import translation

from common.middleware import OF_PAGES
from common.views import FAULT, PublicView, Query, Read, refuse_nulls
from operations.requests import BEGAN, Answered, ids_in, tell

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

#: Django's patterns name what they catch; joined, two would have the same name.
NAME = re.compile(r"\(\?P<\w+>")


def key_of(path: str, query: str) -> str | None:
    """The one spelling of a public read's address: its parameters in order, without those that no
    view looks at. None for all other addresses.
    """
    asks = next((asks for is_path, asks in _routes() if is_path(path)), None)
    if asks is None:
        return None
    if not query:
        return path
    pairs = parse_qsl(query, keep_blank_values=True)  # as Django reads it
    known = sorted((pair for pair in pairs if pair[0] in asks), key=lambda pair: pair[0])
    return f"{path}?{urlencode(known)}" if known else path


_found: list[tuple[Callable[[str], Any], frozenset[str]]] = []


def _routes() -> list[tuple[Callable[[str], Any], frozenset[str]]]:
    if not _found:
        _found.extend(public_reads(get_resolver().url_patterns))
    return _found


def public_reads(
    patterns: Sequence[URLPattern | URLResolver], prefix: str = "/"
) -> Iterator[tuple[Callable[[str], Any], frozenset[str]]]:
    """A match for each public read's path, with the parameters it takes."""
    for pattern in patterns:
        path = prefix + NAME.sub("(?:", pattern.pattern.regex.pattern.removeprefix("^"))
        if isinstance(pattern, URLResolver):
            yield from public_reads(pattern.url_patterns, path)
            continue
        view = getattr(pattern.callback, "cls", None)
        if view is not None and issubclass(view, PublicView):
            yield re.compile(path.replace("\\Z", ""), re.ASCII).fullmatch, view.asks


class ShortWay:
    """Renders public reads: a WSGI application for addresses as `key_of` spells them.

    A public read looks at no cookie, language, origin or host. So its view is asked straight away:
    what Django does to a request before and after takes as long as many a read itself. What goes
    wrong is told to `application`, which says so as Django does.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = time.perf_counter()
        of_all = _of_all(environ["wsgi.url_scheme"], environ.get("HTTP_X_FORWARDED_PROTO", ""))
        if of_all is None:
            return self.application(environ, start_response)
        try:
            request_started.send(type(self), environ=environ)  # old connections are looked at
            found = _found_at(environ["PATH_INFO"])
            read = _read(found, environ["QUERY_STRING"])
        except Exception as fault:
            return self.application({**environ, FAULT: fault, BEGAN: began}, start_response)
        answered = Answered(found.route, "GET", 200, time.perf_counter() - began)
        tell(answered, ids_in(found.kwargs), is_public=True)
        start_response("200 OK", [*read.headers.items(), *of_all])
        return [read.body]


def _read(found: ResolverMatch, query: str) -> Read:
    translation.activate("en")
    refuse_nulls(query)
    view: Any = found.func
    read: Read = view.cls().get(Query(parse_qs(query, keep_blank_values=True)), **found.kwargs)
    return read


#: What stands at a path does not change while we run.
_found_at = lru_cache(maxsize=1_000)(resolve)


@lru_cache(maxsize=16)
def _of_all(scheme: str, forwarded: str) -> list[tuple[str, str]] | None:
    """What Django's `SecurityMiddleware` says with every answer to who came so, as far as it is not
    about pages. None for whom it sends to https instead.
    """
    environ = {
        "REQUEST_METHOD": "GET",
        "HTTP_HOST": urlsplit(settings.PUBLIC_URL).netloc,
        "wsgi.url_scheme": scheme,
        "wsgi.input": BytesIO(),
    }
    if forwarded:
        environ["HTTP_X_FORWARDED_PROTO"] = forwarded
    answer: Any = SecurityMiddleware(lambda request: HttpResponse())(WSGIRequest(environ))
    for name in ("Content-Type", *OF_PAGES):
        del answer[name]
    return list(answer.items()) if answer.status_code == 200 else None
