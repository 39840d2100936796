"""Serializers that take what they know and refuse the rest."""

import re
from functools import cache
from typing import Any, cast

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

#: How many unknown fields an answer names: a body may hold a hundred thousand.
MOST_NAMED = 20
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")

#: What a field's value has to be in the JSON itself.
IN_JSON: tuple[tuple[type, type], ...] = (
    (serializers.BooleanField, bool),
    (serializers.IntegerField, int),
    (serializers.UUIDField, str),
    (serializers.DateTimeField, str),
    (serializers.CharField, str),
)


class StrictSerializer(serializers.Serializer[Any]):
    """A body with unknown fields, or values of another type, is refused, each named: a typing error
    must not pass silently.
    """

    default_error_messages = {
        "unknown_field": _("There is no such field."),
        "wrong_type": _("This is of another type than it has to be."),
    }

    @classmethod
    def read(cls, body: Any) -> dict[str, Any]:
        """What a body says, checked. Raises ValidationError, with a pointer for each fault.

        One serializer of a class reads all: making its fields anew costs more than reading.
        """
        return cast("dict[str, Any]", _reader(cls).run_validation(body))

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            return super().to_internal_value(data)
        faults: dict[str, Any] = {name: self._fault(name) for name in self._at_fault(data)}
        if not faults:
            return super().to_internal_value(data)
        try:
            super().to_internal_value(data)
        except serializers.ValidationError as others:
            faults = {**cast("dict[str, Any]", others.detail), **faults}
        raise serializers.ValidationError(faults)

    def _at_fault(self, data: dict[str, Any]) -> list[str]:
        """Names that are unknown, the first of them, and those whose values are of another type."""
        unknown = sorted(data.keys() - self.fields.keys())[:MOST_NAMED]
        known = (name for name in data if name in self.fields)
        return unknown + [each for each in known if not is_typed(self.fields[each], data[each])]

    def _fault(self, name: str) -> list[serializers.ErrorDetail]:
        code = "invalid" if name in self.fields else "unknown_field"
        sentence = "wrong_type" if name in self.fields else "unknown_field"
        return [serializers.ErrorDetail(str(self.error_messages[sentence]), code=code)]


def is_typed(field: Any, value: Any) -> bool:
    """Whether a value is of the field's own type in JSON. REST framework would make `1` of `"1"`,
    true of `"on"`, and an id of a number.
    """
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return all(is_typed(field.child, each) for each in value)
    if value is None:
        return True
    if isinstance(field, serializers.ChoiceField):
        return any(type(value) is _in_json(choice) for choice in field.choices)
    wanted = _type_of(field.__class__)
    return wanted is None or type(value) is wanted


@cache
def _type_of(field: Any) -> type | None:
    """What the JSON of such a field has to hold; None where anything may stand."""
    return next((kind for of, kind in IN_JSON if issubclass(field, of)), None)


def _in_json(choice: Any) -> type:
    return str if isinstance(choice, str) else type(choice)


@cache
def _reader(kind: type[StrictSerializer]) -> StrictSerializer:
    return kind()


class StrictCharField(serializers.CharField):
    """Text that is text in the JSON as well: DRF would take numbers and turn them."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictBooleanField(serializers.BooleanField):
    """true or false, and nothing that might mean one of them."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


def is_locale(text: str) -> bool:
    """Whether this is a language tag, and short enough for our columns."""
    return len(text) <= 20 and LOCALE.fullmatch(text) is not None


class Locale(StrictCharField):
    """A language tag like `ko` or `zh-Hant`."""

    default_error_messages = {"bad_locale": _("A locale looks like en, ko or pt-BR.")}

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not is_locale(text):
            self.fail("bad_locale")
        return text
