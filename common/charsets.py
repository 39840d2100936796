"""Texts come as UTF-8, whatever else a request says of them."""

from collections.abc import Callable, Iterable
from typing import Any

#: As they are written in a content type; ASCII is UTF-8 as well.
KNOWN = {"utf-8", "utf8", "us-ascii", "ascii"}
UNREAD = "application/octet-stream"

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def in_utf8_only(application: Application) -> Application:
    """A WSGI application that is told of no other charset: a body that claims one is bytes to it.

    Django reads the query by the charset of the body, before any middleware is asked, and takes for
    one whatever Python calls a codec: `bz2_codec` broke every address off with a 500.
    """

    def asked(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not _is_known(environ.get("CONTENT_TYPE", "")):
            environ["CONTENT_TYPE"] = UNREAD
        return application(environ, start_response)

    return asked


def _is_known(content_type: str) -> bool:
    parameters = content_type.lower().split(";")[1:]
    pairs = (each.partition("=") for each in parameters)
    said = [value.strip(" \t\"'") for name, _, value in pairs if name.strip(" \t*") == "charset"]
    return all(each in KNOWN for each in said)
