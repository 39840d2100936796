"""Bodies of `/me` and `/auth`, in and out."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts import names
from accounts.forms import NAME_FAULTS
from accounts.services import sso_tokens
from accounts.services.handover import VERIFIER
from common.serializers import StrictCharField, StrictSerializer


class Me(serializers.Serializer[Any]):
    """Who is signed in."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.EmailField()
    locale = serializers.CharField()
    joined_at = serializers.DateTimeField()
    avatar_url = serializers.SerializerMethodField()
    badges = serializers.SerializerMethodField()

    def get_avatar_url(self, user: Any) -> str | None:
        return None

    def get_badges(self, user: Any) -> list[str]:
        return []


class MeInput(StrictSerializer):
    """What readers may change of themselves."""

    name = StrictCharField(required=False, max_length=200, trim_whitespace=False, allow_blank=True)
    locale = serializers.ChoiceField([code for code, _name in settings.LANGUAGES], required=False)

    def validate_name(self, value: str) -> str:
        try:
            return names.tidy(value)
        except names.BadName as fault:
            raise serializers.ValidationError(NAME_FAULTS[fault.code], code=fault.code) from fault


class ExchangeInput(StrictSerializer):
    """The popup's code and the verifier of the challenge it was opened with."""

    code = StrictCharField(max_length=200)
    verifier = serializers.RegexField(
        rf"^{VERIFIER.pattern}$",
        error_messages={"invalid": _("A verifier has 43 to 128 letters, digits or - . _ ~.")},
    )


class SsoInput(StrictSerializer):
    """What a publisher's server signed of its reader."""

    token = StrictCharField(max_length=sso_tokens.LONGEST)
    site = serializers.UUIDField(
        required=False,
        help_text=_("The site's id, where the token names no issuer (Coral's shape)."),
    )


class IssuedToken(serializers.Serializer[Any]):
    """A reader token, told this once."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()
