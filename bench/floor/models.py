"""Two small tables: what a floor's INSERT goes to."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class Note(models.Model):
    """Who said what, when."""

    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.body[:50]


class Mark(models.Model):
    """One reader's mark on one comment, of which there can be one."""

    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    comment = models.ForeignKey("comments.Comment", models.CASCADE, related_name="+")
    value = models.SmallIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reader", "comment"], name="one_mark_per_reader")
        ]

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.value:+d}"
