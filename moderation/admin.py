"""The words a site looks at more closely, and the record of reports, cases and decisions."""

from django.contrib import admin

from common.admin import BigTableAdmin, RecordAdmin, RecordInline
from moderation.models import Case, Decision, Flag, ListedWord


@admin.register(ListedWord)
class ListedWordAdmin(BigTableAdmin):
    list_display = ("word", "action", "site")
    list_select_related = ("site",)
    list_filter = ("action",)
    autocomplete_fields = ("site",)
    search_fields = ("word", "site__name")
    ordering = ("word",)


class FlagInline(RecordInline):
    model = Flag
    fields = ("reader", "reason", "detail", "created_at")


class DecisionInline(RecordInline):
    model = Decision
    fields = ("actor", "ruling", "reason", "note", "was", "created_at")


@admin.register(Case)
class CaseAdmin(RecordAdmin):
    list_display = ("id", "site", "comment", "opened_at", "closed_at")
    list_select_related = ("site", "comment")
    list_filter = (("closed_at", admin.EmptyFieldListFilter),)
    search_fields = ("=id", "=comment__id")
    ordering = ("-id",)
    inlines = (FlagInline, DecisionInline)


@admin.register(Decision)
class DecisionAdmin(RecordAdmin):
    list_display = ("created_at", "actor", "ruling", "reason", "comment")
    list_select_related = ("actor", "comment")
    list_filter = ("ruling",)
    search_fields = ("=id", "=comment__id", "=actor__email")
    ordering = ("-id",)


@admin.register(Flag)
class FlagAdmin(RecordAdmin):
    list_display = ("created_at", "reason", "reader", "comment")
    list_select_related = ("reader", "comment")
    list_filter = ("reason",)
    search_fields = ("=id", "=comment__id", "=reader__email")
    ordering = ("-id",)
