"""Which addresses are public reads, and how they are spelt in one way."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.urls import URLPattern, URLResolver, get_resolver

from common.views import PublicView

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
