"""The outbox: what is still to be done, what was given up, and giving it another chance."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from common.admin import RecordAdmin
from outbox.models import OutboxRow
from outbox.services import relay


class Standing(admin.SimpleListFilter):
    """Where a row stands."""

    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("Still to do")), ("set_aside", _("Set aside")), ("done", _("Done"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutboxRow]) -> QuerySet[OutboxRow]:
        if self.value() == "open":
            return queryset.filter(done_at=None, set_aside_at=None)
        if self.value() == "set_aside":
            return queryset.filter(done_at=None, set_aside_at__isnull=False)
        if self.value() == "done":
            return queryset.filter(done_at__isnull=False)
        return queryset


@admin.register(OutboxRow)
class OutboxRowAdmin(RecordAdmin):
    list_display = ("id", "consumer", "attempts", "due_at", "done_at", "set_aside_at")
    list_filter = (Standing,)
    search_fields = ("=id", "fault")
    ordering = ("-id",)
    actions = ("replay",)

    @admin.action(description=_("Replay: try again what was set aside"), permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[OutboxRow]) -> None:
        waiting = queryset.filter(done_at=None)
        count = waiting.count()
        relay.replay(waiting)
        sentence = ngettext(
            "%(count)d row will be tried again.", "%(count)d rows will be tried again.", count
        )
        self.message_user(request, sentence % {"count": count}, messages.SUCCESS)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("outbox.change_outboxrow")
