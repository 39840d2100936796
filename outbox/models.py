"""What is still to be done because something happened, and which answers were already given."""

from typing import ClassVar

from django.db import models

from outbox.querysets import OutboxQuerySet


class OutboxRow(models.Model):
    """One event for one consumer. Written with what caused it; ended by the consumer's own
    transaction. The Celery task `task` takes what is due; the broker carries no row.
    """

    event = models.CharField(max_length=100)
    payload = models.JSONField()
    consumer = models.CharField(max_length=200)
    task = models.CharField(max_length=100)
    recorded_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="From when on it may be taken (again).")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often it was taken.")
    fault = models.TextField(blank=True, help_text="What the last failed attempt said.")
    done_at = models.DateTimeField(null=True)
    set_aside_at = models.DateTimeField(null=True, help_text="Given up; replay it in the admin.")

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = "outbox row"
        indexes: ClassVar = [
            models.Index(
                fields=["task", "due_at"],
                name="outbox_open_by_task",
                condition=models.Q(done_at=None, set_aside_at=None),
            ),
            models.Index(
                fields=["done_at"], name="outbox_done", condition=models.Q(done_at__isnull=False)
            ),
            models.Index(
                fields=["set_aside_at"],
                name="outbox_set_aside",
                condition=models.Q(done_at=None, set_aside_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.consumer} #{self.pk}"


class IdempotencyRecord(models.Model):
    """The answer a `POST` got under an `Idempotency-Key`, kept 24 hours, in the transaction that
    made what it answers.
    """

    owner = models.CharField(max_length=60, help_text="Who sent the key: one user, one space.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="Of method, path and body.")
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "key"], name="idempotency_key_once")
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="idempotency_by_age")]

    def __str__(self) -> str:
        return self.key
