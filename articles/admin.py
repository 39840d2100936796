"""Articles as publishers sent them; the next `PUT` would overwrite a change, so they are only read.

Related links are an editor's: they can be set for each edition.
"""

import math
from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from articles.models import Article, Edition, RelatedLink
from articles.services import publishing
from common.admin import BigTableAdmin, RecordAdmin, RecordInline


class EditionInline(RecordInline):
    model = Edition
    fields = ("locale", "title", "url", "thread")
    show_change_link = True


@admin.register(Article)
class ArticleAdmin(RecordAdmin):
    list_display = ("external_id", "site", "comments", "published_at", "updated_at")
    list_select_related = ("site",)
    list_filter = ("comments", "ai_generated")
    search_fields = ("external_id__startswith", "editions__title")
    search_help_text = _("The publisher's id, or words of a title.")
    ordering = ("-id",)
    inlines = (EditionInline,)


class RelatedLinkForm(forms.ModelForm):
    """One link. Places may clash here: they are numbered anew when all is saved."""

    position = forms.IntegerField(min_value=0, required=False, help_text=_("Empty: the last."))
    url = forms.URLField(assume_scheme="https", max_length=2_000, required=False)

    class Meta:
        model = RelatedLink
        fields = ("position", "external_id", "url", "title", "text")
        widgets: ClassVar = {"text": forms.Textarea(attrs={"rows": 2})}

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "position"}


class RelatedLinkInline(admin.StackedInline):
    model = RelatedLink
    form = RelatedLinkForm
    extra = 1


@admin.register(Edition)
class EditionAdmin(BigTableAdmin):
    list_display = ("title", "locale", "article")
    list_select_related = ("article",)
    search_fields = ("title", "article__external_id__startswith")
    ordering = ("-id",)
    inlines = (RelatedLinkInline,)
    fields = ("article", "locale", "url", "title", "standfirst", "sections", "insight", "thread")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Edition | None = None) -> bool:
        return False

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool
    ) -> None:
        """Save all links at once, in the order of their places."""
        for formset in formsets:
            formset.save(commit=False)  # what changed, for the admin's log
            kept = [
                each.instance
                for each in formset.forms
                if each not in formset.deleted_forms and (each.instance.pk or each.has_changed())
            ]
            links = [
                {name: getattr(link, name) for name in ("external_id", "url", "title", "text")}
                for link in sorted(kept, key=_place)
            ]
            publishing.relate(edition=form.instance, links=links)


def _place(link: RelatedLink) -> float:
    return math.inf if link.position is None else link.position
