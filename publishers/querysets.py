"""Adjectives for sites and keys."""

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from publishers.models import ApiKey, Site  # noqa: F401  (the querysets' own models)


class SiteQuerySet(models.QuerySet["Site"]):
    def moderated_by(self, user: Any) -> "SiteQuerySet":
        """The sites at whose desk `user` may sit."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(staff__user=user).distinct()

    def with_origin(self, origin: str) -> "SiteQuerySet":
        """The sites that registered this exact origin."""
        return self.filter(origins__origin=origin)


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def live(self) -> "ApiKeyQuerySet":
        """Keys that still open the door."""
        return self.filter(revoked_at=None)
