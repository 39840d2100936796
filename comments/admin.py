"""Threads and comments to look at. A comment's status is moved at the desk, never here."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from comments.models import AuthorFigures, Comment, Revision, StatusChange, Thread, Verdict
from comments.rendering import to_text
from common.admin import RecordAdmin, RecordInline


@admin.register(Thread)
class ThreadAdmin(RecordAdmin):
    list_display = ("id", "site", "state", "comment_count", "created_at")
    list_select_related = ("site",)
    list_filter = ("state",)
    search_fields = ("=id",)
    search_help_text = _("A thread's id.")
    ordering = ("-id",)


class RevisionInline(RecordInline):
    model = Revision
    fields = ("number", "body", "created_at", "in_force_at")
    ordering = ("number",)


class StatusChangeInline(RecordInline):
    model = StatusChange
    fields = ("number", "was", "now", "actor", "reason", "note", "created_at")
    ordering = ("number",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatusChange]:
        return super().get_queryset(request).select_related("actor")


@admin.register(Comment)
class CommentAdmin(RecordAdmin):
    list_display = ("excerpt", "author", "status", "language", "created_at")
    list_select_related = ("author",)
    list_filter = ("status",)
    search_fields = ("=id", "=thread__id", "=author__email")
    search_help_text = _("The id of a comment or its thread, or its author's e-mail address.")
    ordering = ("-id",)
    inlines = (RevisionInline, StatusChangeInline)
    fields = (
        "thread",
        "parent",
        "answers",
        "author",
        "status",
        "body",
        "language",
        "edition",
        "featured",
        "up_count",
        "down_count",
        "reactions",
        "reply_count",
        "flag_count",
        "created_at",
        "edited_at",
        "published_at",
        "verdicts",
    )
    readonly_fields = ("verdicts",)

    @admin.display(description=_("text"))
    def excerpt(self, comment: Comment) -> str:
        return to_text(comment.body_html, longest=80)

    @admin.display(description=_("verdicts"))
    def verdicts(self, comment: Comment) -> SafeString:
        """What each phase made of each revision. One query."""
        rows = Verdict.objects.filter(revision__comment=comment).select_related("revision")
        return format_html_join(
            "",
            "<p>#{} {} {}: {} {} {} {}</p>",
            (
                (
                    row.revision.number,
                    row.phase,
                    row.version,
                    row.get_outcome_display(),
                    row.reason,
                    "" if row.score is None else f"{row.score:g} / {row.threshold:g}",
                    row.evidence,
                )
                for row in rows.order_by("created_at")
            ),
        )


@admin.register(AuthorFigures)
class AuthorFiguresAdmin(RecordAdmin):
    list_display = (
        "author",
        "site",
        "published_count",
        "rejected_count",
        "withdrawn_count",
        "flag_count",
    )
    list_select_related = ("author", "site")
    list_filter = ("site",)
    search_fields = ("=author__email",)
    search_help_text = _("The author's e-mail address.")
    ordering = ("-id",)
