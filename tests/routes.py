"""The route table, walked: every address that is answered, by which view, to which methods."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

#: What a plain function may answer; it says itself which it refuses (405).
ANY = ("GET", "POST")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: `<uuid:thread_id>` of a path, and `(?P<url>.*)` of a regular expression.
PLACEHOLDER = re.compile(r"<(?:[^<>:]+:)?(\w+)>|\(\?P<(\w+)>[^()]*\)|\([^()?]+\)")


@dataclass(frozen=True)
class Route:
    """One row of the route table. `path` is written as OpenAPI does: `/threads/{thread_id}`."""

    path: str
    view: Callable[..., Any]

    @property
    def cls(self) -> type | None:
        """The class behind the view, of REST framework or of Django; None for a function."""
        return getattr(self.view, "cls", None) or getattr(self.view, "view_class", None)

    @property
    def methods(self) -> tuple[str, ...]:
        """Methods that read or write; the others are answered by the framework."""
        if self.cls is None:
            return ANY
        return tuple(each for each in METHODS if hasattr(self.cls, each.lower()))

    @property
    def ids(self) -> list[str]:
        """What stands in braces in the path."""
        return re.findall(r"{(\w+)}", self.path)

    def address(self, ids: dict[str, Any]) -> str:
        """The path with these in place of the braces."""
        return re.sub(r"{(\w+)}", lambda found: str(ids[found[1]]), self.path)


def walk(
    patterns: Sequence[URLPattern | URLResolver] | None = None, prefix: str = "/"
) -> Iterator[Route]:
    """Every route, in the order in which addresses are looked up."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + _readable(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, path)
        else:
            yield Route(path, pattern.callback)


def _readable(pattern: str) -> str:
    named = PLACEHOLDER.sub(lambda found: "{%s}" % (found[1] or found[2] or "digest"), pattern)
    return named.removeprefix("^").removesuffix("$").replace("\\", "")


ROUTES = list(walk())
API = [route for route in ROUTES if route.path.startswith("/api/v1/")]
