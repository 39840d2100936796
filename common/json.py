"""JSON in and out through orjson: strict (no NaN, no lone surrogates), bounded in depth, fast."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.utils.functional import Promise
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer


def dumps(value: Any) -> bytes:
    """`value` as UTF-8 JSON; datetimes as RFC 3339 with `Z`, UUIDs and lazy strings as text."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


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
        try:
            return orjson.loads(stream.read())
        except orjson.JSONDecodeError as fault:
            raise ParseError(f"The body is not valid JSON: {fault}") from fault
