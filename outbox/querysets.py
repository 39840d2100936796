"""Adjectives for outbox rows."""

from typing import TYPE_CHECKING

from django.db import models

from common import clock

if TYPE_CHECKING:
    from outbox.models import OutboxRow  # noqa: F401  (the queryset's own model)


class OutboxQuerySet(models.QuerySet["OutboxRow"]):
    def open(self) -> "OutboxQuerySet":
        """Neither done nor set aside."""
        return self.filter(done_at=None, set_aside_at=None)

    def due(self) -> "OutboxQuerySet":
        """Open, and nobody has them in hand."""
        return self.open().filter(due_at__lte=clock.now())
