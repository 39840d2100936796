"""Serializers that take what they know and refuse the rest."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """A body with unknown fields is refused, each named: a typing error must not pass silently."""

    default_error_messages = {
        "unknown_field": _("There is no such field."),
    }

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = set(data) - set(self.fields)
            if unknown:
                fault = serializers.ErrorDetail(
                    str(self.error_messages["unknown_field"]), code="unknown_field"
                )
                raise serializers.ValidationError({name: [fault] for name in sorted(unknown)})
        return super().to_internal_value(data)


class StrictCharField(serializers.CharField):
    """Text that is text in the JSON as well: DRF would take numbers and turn them."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)
