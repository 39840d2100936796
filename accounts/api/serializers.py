"""Bodies of `/me` and `/auth`, in and out."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from accounts import names
from accounts.faces import avatar_url, face_from, face_of
from accounts.forms import NAME_FAULTS
from accounts.models import Mute
from accounts.permissions import confined_to
from accounts.selectors import name_locked_until
from accounts.services import naming, sso_tokens
from accounts.services.handover import VERIFIER
from common.serializers import StrictBooleanField, StrictCharField, StrictSerializer


class Me(serializers.Serializer[Any]):
    """Who is signed in. `email` is null for reader tokens, which publishers' pages hold; `badges`
    are those on the token's site.
    """

    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.EmailField(allow_null=True)
    locale = serializers.CharField()
    joined_at = serializers.DateTimeField()
    avatar_url = serializers.URLField(allow_null=True)
    badges = serializers.ListField(child=serializers.CharField())
    public_page = serializers.BooleanField()
    name_locked_until = serializers.DateTimeField(allow_null=True)


def me_json(request: Request) -> dict[str, Any]:
    """`Me` of who is signed in by this request. Two queries at most."""
    user, site_id = request.user, confined_to(request)
    return {
        "id": user.pk,
        "name": user.name,
        "email": user.email if site_id is None else None,
        "locale": user.locale,
        "joined_at": user.joined_at,
        "avatar_url": avatar_url(user.avatar_id),
        "badges": face_from(face_of(user, site_id)).badges if site_id else [],
        "public_page": user.public_page,
        "name_locked_until": name_locked_until(user),
    }


class MeInput(StrictSerializer):
    """What readers may change of themselves."""

    name = StrictCharField(required=False, max_length=200, trim_whitespace=False, allow_blank=True)
    locale = serializers.ChoiceField([code for code, _name in settings.LANGUAGES], required=False)
    public_page = StrictBooleanField(required=False)

    def validate_name(self, value: str) -> str:
        try:
            return naming.chosen(value, by=self.context["user"])
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


class MutedShape(serializers.Serializer[Any]):
    """Somebody muted."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    avatar_url = serializers.URLField(allow_null=True)
    muted_at = serializers.DateTimeField()


class MutedListShape(serializers.Serializer[Any]):
    results = MutedShape(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


def muted_json(mute: Mute) -> dict[str, Any]:
    return {
        "id": mute.author_id,
        "name": mute.author.name,
        "avatar_url": avatar_url(mute.author.avatar_id),
        "muted_at": mute.created_at,
    }
