"""Admin pages for records that nobody edits by hand: what happened is read, not changed."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest


class SoundChangeList(ChangeList):
    """Django looks at an address's filters when it names columns; the year minus one is found out
    only when the database is asked.
    """

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except (ValueError, OverflowError) as fault:
            raise IncorrectLookupParameters from fault


class SoundLists:
    """For every list of the admin: filters that mean nothing lead back to the whole list."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SoundChangeList


class LookOnly:
    """Neither added, changed nor deleted; what may be seen is still a matter of permissions."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class BigTableAdmin(admin.ModelAdmin):
    """A list that does not count the whole table beside what a search found."""

    show_full_result_count = False
    list_per_page = 50


class RecordAdmin(LookOnly, BigTableAdmin):
    """Rows that only the code writes."""


class RecordInline(LookOnly, admin.TabularInline):
    """Rows of a record, beside what they belong to."""

    extra = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields or ()
