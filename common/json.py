"""JSON in and out through orjson: strict (no NaN, no lone surrogates), bounded in depth, fast."""

from collections.abc import Mapping
from typing import IO, Any, ClassVar

import orjson
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from common.errors import Refusal

#: Bytes of a request's body. A long article with three editions has about 100 kB.
LONGEST_BODY = 1_048_576
#: Bytes and lines of a body of many lines, each of them a document of its own.
LONGEST_LINES, MOST_LINES = 4_194_304, 500
#: How often a plain body opens a list or an object.
MOST_BRACKETS = 100


class BodyTooLarge(Refusal):
    code: ClassVar[str] = "body_too_large"
    status: ClassVar[int] = 413
    detail = _("The body has more than 1 MiB.")


class TooManyLines(Refusal):
    code: ClassVar[str] = "too_many_lines"
    status: ClassVar[int] = 413
    detail = _("The body has more than 4 MiB or 500 lines. Send it in several parts.")


def dumps(value: Any) -> bytes:
    """`value` as UTF-8 JSON; datetimes as RFC 3339 with `Z`, UUIDs and lazy strings as text."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


def is_plain(content: bytes) -> bool:
    """Whether a body is strict JSON and too shallow to trouble any parser."""
    if content.count(b"[") + content.count(b"{") > MOST_BRACKETS:
        return False
    try:
        orjson.loads(content)
    except orjson.JSONDecodeError:
        return False
    return True


def _plain(value: Any) -> Any:
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


class JSONRenderer(BaseRenderer):
    """Answers are JSON, whatever was asked for."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else dumps(data)


class JSONParser(BaseParser):
    """Bodies are UTF-8 JSON; a `charset` parameter is not believed."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        content = stream.read(LONGEST_BODY + 1)
        if len(content) > LONGEST_BODY:
            raise BodyTooLarge
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError as fault:
            sentence = _("The body is not valid JSON: %(fault)s") % {"fault": fault}
            raise ParseError(sentence) from fault


class LinesParser(BaseParser):
    """Bodies of a JSON document a line (NDJSON): the lines as text. Whether each is JSON is seen
    later, so that one that is not does not stand in the way of the others.
    """

    media_type = "application/x-ndjson"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        content = stream.read(LONGEST_LINES + 1)
        if len(content) > LONGEST_LINES or content.count(b"\n") > MOST_LINES:
            raise TooManyLines
        try:
            lines = content.decode().split("\n")
        except UnicodeDecodeError as fault:
            raise ParseError(_("The body is not UTF-8.")) from fault
        return lines if lines[-1] else lines[:-1]
