"""Serializers that take what they know and refuse the rest."""

import re
from functools import cache
from typing import Any, cast

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

#: How many unknown fields an answer names: a body may hold a hundred thousand.
MOST_NAMED = 20
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class StrictSerializer(serializers.Serializer[Any]):
    """A body with unknown fields is refused, each named: a typing error must not pass silently."""

    default_error_messages = {
        "unknown_field": _("There is no such field."),
    }

    @classmethod
    def read(cls, body: Any) -> dict[str, Any]:
        """What a body says, checked. Raises ValidationError, with a pointer for each fault.

        One serializer of a class reads all: making its fields anew costs more than reading.
        """
        return cast("dict[str, Any]", _reader(cls).run_validation(body))

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        unknown = unknown[:MOST_NAMED]
        if not unknown:
            return super().to_internal_value(data)
        sentence = str(self.error_messages["unknown_field"])
        faults: dict[str, Any] = {
            name: [serializers.ErrorDetail(sentence, code="unknown_field")] for name in unknown
        }
        try:
            super().to_internal_value(data)
        except serializers.ValidationError as others:
            faults.update(cast("dict[str, Any]", others.detail))
        raise serializers.ValidationError(faults)


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


class Locale(StrictCharField):
    """A language tag like `ko` or `zh-Hant`."""

    default_error_messages = {"bad_locale": _("A locale looks like en, ko or pt-BR.")}

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if len(text) > 20 or not LOCALE.fullmatch(text):
            self.fail("bad_locale")
        return text
