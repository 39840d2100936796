"""What readers are told, and what was sent of it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.ids import new_id
from notifications.states import AsideReason, DeliveryState, Kind


class Notice(models.Model):
    """One thing a reader is told, once for each cause. It is the inbox; a mail may follow.

    What it says is read anew when it is shown: a comment gone since is not quoted.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", db_index=False
    )
    kind = models.CharField(max_length=8, choices=Kind)
    cause = models.CharField(max_length=60, help_text="`reply:<comment>`, `decision:<decision>`")
    comment = models.ForeignKey(
        "comments.Comment",
        models.CASCADE,
        related_name="+",
        help_text="The reply, or the comment decided about.",
    )
    decision = models.ForeignKey(
        "moderation.Decision", models.CASCADE, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reader", "cause"], name="one_notice_per_cause"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="notice_kind_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["reader", "created_at", "id"], name="notice_inbox")
        ]

    def __str__(self) -> str:
        return f"{self.reader_id}: {self.cause}"


class MailDelivery(models.Model):
    """The one mail of a notice. What is set aside waits until a person releases it."""

    notice = models.OneToOneField(Notice, models.CASCADE, related_name="mail")
    state = models.CharField(max_length=9, choices=DeliveryState, default=DeliveryState.DUE)
    set_aside_because = models.CharField(max_length=10, choices=AsideReason, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "mail delivery"
        verbose_name_plural = "mail deliveries"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=DeliveryState.values), name="mail_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=DeliveryState.SET_ASIDE)
                | Q(set_aside_because__in=AsideReason.values),
                name="mail_set_aside_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id}: {self.state}"


class Restoration(models.Model):
    """The database went back to a backup. What happened between the backup and its loss may have
    been mailed and is not known here any more; so mail about comments that are older than
    `restored_at` is set aside until an operator calls the matter settled.
    """

    backup_taken_at = models.DateTimeField()
    restored_at = models.DateTimeField()
    settled_at = models.DateTimeField(
        null=True, help_text="Since then mail about older comments goes out by itself again."
    )

    def __str__(self) -> str:
        return f"{self.restored_at:%Y-%m-%d %H:%M}"
