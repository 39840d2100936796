"""What readers were told, and how far its mail has come."""

from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext_lazy as _

from common.admin import RecordAdmin
from notifications.models import Notice


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
