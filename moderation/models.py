"""Reports, cases, decisions and listed words."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from common.ids import new_id
from common.triggers import APPEND_ONLY
from moderation.querysets import CaseQuerySet
from moderation.states import FlagReason, Ruling, WordAction


class Case(models.Model):
    """All that awaits review on one comment, until a decision closes it or the comment goes.

    A comment has at most one open case.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey(
        "publishers.Site", models.CASCADE, related_name="cases", db_index=False
    )
    comment = models.ForeignKey("comments.Comment", models.PROTECT, related_name="cases")
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["comment"], condition=Q(closed_at=None), name="one_open_case"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["site", "opened_at"], name="case_queue", condition=Q(closed_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"case {self.id}"


def _counting(operation: pgtrigger.Operation, sign: str, **rows: str) -> pgtrigger.Trigger:
    """A trigger that writes the tallies of a statement's flags."""
    [flags] = rows.values()
    return pgtrigger.Trigger(
        name=f"count_{operation}".lower(),
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**rows),
        func=f"""
            INSERT INTO comments_tally
                (thread_id, comment_id, author_id, language, counted, amount)
            SELECT thread_id, comment.id, author_id, '', 'flags', {sign}count(*)
            FROM {flags} JOIN comments_comment AS comment ON comment.id = comment_id
            GROUP BY comment.id;
            RETURN NULL;
        """,  # noqa: S608  (names of ours)
    )


class Flag(models.Model):
    """A reader's one report of a comment. A repeated report changes the first.

    Triggers write the tallies that have the comment and its author count it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    comment = models.ForeignKey(
        "comments.Comment", models.PROTECT, related_name="flags", db_index=False
    )
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="flags")
    case = models.ForeignKey(Case, models.PROTECT, related_name="flags")
    reason = models.CharField(max_length=20, choices=FlagReason)
    detail = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["comment", "reader"], name="one_flag_per_reader"),
            models.CheckConstraint(
                condition=Q(reason__in=FlagReason.values), name="flag_reason_known"
            ),
        ]
        triggers: ClassVar = [
            _counting(pgtrigger.Insert, "", new="new_flags"),
            _counting(pgtrigger.Delete, "-", old="old_flags"),
        ]

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.reason}"


class Decision(models.Model):
    """What a moderator decided on a case, and why. Append-only: undoing is a new decision."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions")
    comment = models.ForeignKey("comments.Comment", models.PROTECT, related_name="decisions")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="decisions")
    ruling = models.CharField(max_length=7, choices=Ruling)
    reason = models.CharField(max_length=50, blank=True)
    note = models.TextField(blank=True, help_text="A sentence for the author.")
    was = models.CharField(max_length=9, help_text="The comment's status before.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ruling__in=Ruling.values), name="decision_ruling_known"
            ),
            models.CheckConstraint(
                condition=Q(ruling=Ruling.PUBLISH) | ~Q(reason=""), name="rejection_has_reason"
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.ruling} {self.comment_id}"


class ListedWord(models.Model):
    """A word or phrase that a site looks at more closely, matched on folded text."""

    site = models.ForeignKey(
        "publishers.Site", models.CASCADE, related_name="listed_words", db_index=False
    )
    word = models.CharField(max_length=100)
    action = models.CharField(max_length=6, choices=WordAction, default=WordAction.HOLD)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "word"], name="word_once_per_site"),
            models.CheckConstraint(
                condition=Q(action__in=WordAction.values), name="word_action_known"
            ),
        ]

    def __str__(self) -> str:
        return self.word


class SeenText(models.Model):
    """The digest of a text that was posted lately, so that repeats across a site are found."""

    site = models.ForeignKey("publishers.Site", models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=16)
    comment = models.OneToOneField("comments.Comment", models.CASCADE, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    seen_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["site", "digest", "seen_at"], name="seen_text_lookup"),
            models.Index(fields=["seen_at"], name="seen_text_by_age"),
        ]

    def __str__(self) -> str:
        return str(self.comment_id)
