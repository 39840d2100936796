"""What operating leaves on record."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reconciliation(models.Model):
    """One recount of everything: how many counts differed from their rows, how many of those were
    put right, and how long it took.
    """

    finished_at = models.DateTimeField(_("finished"), auto_now_add=True)
    difference_count = models.PositiveIntegerField(_("differences"))
    repaired_count = models.PositiveIntegerField(_("put right"))
    seconds = models.FloatField(_("seconds"))

    class Meta:
        verbose_name = _("recount")
        verbose_name_plural = _("recounts")
        get_latest_by = "finished_at"
        indexes: ClassVar = [models.Index(fields=["finished_at"], name="reconciliation_by_age")]

    def __str__(self) -> str:
        return f"{self.finished_at:%Y-%m-%d %H:%M}: {self.difference_count}"

    @property
    def left_count(self) -> int:
        """How many counts still differ."""
        return self.difference_count - self.repaired_count
