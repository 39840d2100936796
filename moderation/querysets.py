"""Adjectives for cases. A queue is a view over open cases, not a table."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Count

from comments.states import Status
from publishers import roles
from publishers.roles import Permission

if TYPE_CHECKING:
    from moderation.models import Case  # noqa: F401  (the queryset's own model)


class CaseQuerySet(models.QuerySet["Case"]):
    def moderated_by(self, user: Any) -> "CaseQuerySet":
        """Cases of the sites where `user` may read them."""
        if not user.is_authenticated:
            return self.none()
        holders = roles.holders(Permission.REVIEW)
        return self.filter(site__staff__user=user, site__staff__role__in=holders)

    def open(self) -> "CaseQuerySet":
        return self.filter(closed_at=None)

    def held(self) -> "CaseQuerySet":
        """Comments that wait for a person before the public sees them."""
        return self.filter(comment__status=Status.HELD)

    def reported(self) -> "CaseQuerySet":
        """Comments that readers reported, and that are still there to be decided on."""
        there = (Status.SCREENING, Status.HELD, Status.PUBLISHED)
        return self.filter(flags__isnull=False, comment__status__in=there).distinct()

    def most_urgent_first(self) -> "CaseQuerySet":
        """What most readers reported, then what waits longest."""
        return self.annotate(flag_count=Count("flags", distinct=True)).order_by(
            "-flag_count", "opened_at", "id"
        )
