"""Adjectives for tokens and one-time codes."""

from typing import TYPE_CHECKING, Any

from django.db import models

from common import clock

if TYPE_CHECKING:
    from accounts.models import (  # noqa: F401  (the querysets' own models)
        SigninCode,
        SsoTokenUse,
        Token,
    )


class TokenQuerySet(models.QuerySet["Token"]):
    def unrevoked(self) -> "TokenQuerySet":
        """Tokens nobody has taken back."""
        return self.filter(revoked_at=None)

    def of(self, user: Any) -> "TokenQuerySet":
        """The tokens of one account, of both kinds."""
        return self.filter(user=user)

    def expired(self) -> "TokenQuerySet":
        """Tokens whose time is over."""
        return self.filter(expires_at__lte=clock.now())


class SigninCodeQuerySet(models.QuerySet["SigninCode"]):
    def unused(self) -> "SigninCodeQuerySet":
        """Codes nobody has brought back yet."""
        return self.filter(used_at=None)

    def expired(self) -> "SigninCodeQuerySet":
        """Codes whose minute is over."""
        return self.filter(expires_at__lte=clock.now())


class SsoTokenUseQuerySet(models.QuerySet["SsoTokenUse"]):
    def expired(self) -> "SsoTokenUseQuerySet":
        """Tokens that are refused by their age again."""
        return self.filter(expires_at__lte=clock.now())
