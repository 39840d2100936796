"""The OpenAPI document, as the code makes it now."""

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator


@cache
def document() -> dict[str, Any]:
    """The whole document. Takes a second or two, once."""
    found: dict[str, Any] = SchemaGenerator(api_version="v1").get_schema(request=None, public=True)
    return found


def operation(path: str, method: str) -> dict[str, Any]:
    """What it says of one call; empty where it says nothing."""
    found: dict[str, Any] = document()["paths"].get(path, {}).get(method.lower(), {})
    return found


def fields_of(path: str, method: str) -> list[str]:
    """The fields of a call's body."""
    content = operation(path, method).get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    shape = document()["components"]["schemas"].get(name, schema)
    return list(shape.get("properties", {}))
