"""What readers were told, how far its mail has come, and what waits to be released."""

from django.contrib import admin, messages
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from common.admin import RecordAdmin
from notifications.models import MailDelivery, Notice, Restoration
from notifications.services import restorations


@admin.register(Notice)
class NoticeAdmin(RecordAdmin):
    list_display = ("created_at", "reader", "kind", "read_at", "mail_state")
    list_select_related = ("reader", "mail")
    list_filter = ("kind", "mail__state")
    search_fields = ("=id", "=comment__id", "=reader__email")
    ordering = ("-id",)
    readonly_fields = ("mail_state",)

    @admin.display(description=_("mail"))
    def mail_state(self, notice: Notice) -> str:
        try:
            return notice.mail.get_state_display()
        except ObjectDoesNotExist:
            return _("None")


@admin.register(MailDelivery)
class MailDeliveryAdmin(RecordAdmin):
    list_display = ("id", "reader", "kind", "told_at", "state", "set_aside_because", "changed_at")
    list_select_related = ("notice__reader",)
    list_filter = ("state", "set_aside_because", "notice__kind")
    search_fields = ("=notice__id", "=notice__comment__id", "=notice__reader__email")
    ordering = ("-id",)
    actions = ("release",)

    @admin.display(description=_("reader"))
    def reader(self, delivery: MailDelivery) -> str:
        return str(delivery.notice.reader)

    @admin.display(description=_("kind"))
    def kind(self, delivery: MailDelivery) -> str:
        return delivery.notice.get_kind_display()

    @admin.display(description=_("notice raised"))
    def told_at(self, delivery: MailDelivery) -> object:
        return delivery.notice.created_at

    @admin.action(description=_("Release: send what was set aside"), permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet[MailDelivery]) -> None:
        count = restorations.release(list(queryset.values_list("pk", flat=True)))
        sentence = ngettext("%(count)d mail will be sent.", "%(count)d mails will be sent.", count)
        self.message_user(request, sentence % {"count": count}, messages.SUCCESS)

    def has_release_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.change_maildelivery")


@admin.register(Restoration)
class RestorationAdmin(RecordAdmin):
    list_display = ("restored_at", "backup_taken_at", "settled_at")
    ordering = ("-restored_at",)
    actions = ("settle",)

    @admin.action(
        description=_("Settle: send mail about older comments by itself again"),
        permissions=["settle"],
    )
    def settle(self, request: HttpRequest, queryset: QuerySet[Restoration]) -> None:
        count = restorations.settle(queryset)
        sentence = ngettext(
            "%(count)d restore is settled.", "%(count)d restores are settled.", count
        )
        self.message_user(request, sentence % {"count": count}, messages.SUCCESS)

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.change_restoration")
