"""What operating left on record."""

from django.contrib import admin

from common.admin import RecordAdmin
from operations.models import Reconciliation


@admin.register(Reconciliation)
class ReconciliationAdmin(RecordAdmin):
    list_display = ("finished_at", "difference_count", "repaired_count", "seconds")
    ordering = ("-finished_at",)
