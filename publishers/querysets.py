"""Adjectives for sites, keys, staff and invitations."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from common import clock
from publishers import roles
from publishers.roles import Permission

if TYPE_CHECKING:  # the querysets' own models
    from publishers.models import (  # noqa: F401
        ApiKey,
        Site,
        SsoKey,
        StaffInvitation,
        StaffMembership,
    )


class SiteQuerySet(models.QuerySet["Site"]):
    def moderated_by(self, user: Any) -> "SiteQuerySet":
        """The sites whose cases `user` may read."""
        if not user.is_authenticated:
            return self.none()
        holders = roles.holders(Permission.REVIEW)
        return self.filter(staff__user=user, staff__role__in=holders).distinct()

    def with_origin(self, origin: str) -> "SiteQuerySet":
        """The sites that registered this exact origin."""
        return self.filter(origins__origin=origin)


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def live(self) -> "ApiKeyQuerySet":
        """Keys that still open the door."""
        unended = Q(expires_at=None) | Q(expires_at__gt=clock.now())
        return self.filter(unended, revoked_at=None)


class StaffMembershipQuerySet(models.QuerySet["StaffMembership"]):
    def of(self, user: Any) -> "StaffMembershipQuerySet":
        """The roles of one person whose account is open, by site."""
        return self.filter(user=user.pk, user__is_active=True)


class StaffInvitationQuerySet(models.QuerySet["StaffInvitation"]):
    def open(self) -> "StaffInvitationQuerySet":
        """Invitations whose time is not over."""
        return self.filter(expires_at__gt=clock.now())


class SsoKeyQuerySet(models.QuerySet["SsoKey"]):
    def live(self) -> "SsoKeyQuerySet":
        """Keys whose signature still counts."""
        return self.filter(retired_at=None)
