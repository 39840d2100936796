"""Articles as publishers sent them; the next `PUT` would overwrite a change, so they are only read.

Related links are an editor's: they can be set for each edition. Articles can be taken back and
published again, and a section's conversations opened and closed.
"""

import math
from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from articles import selectors
from articles.models import Article, Edition, FormerText, PageAddress, RelatedLink, Section
from articles.services import publishing, sections
from articles.states import CommentsSwitch
from common.admin import BigTableAdmin, RecordAdmin, RecordInline

UNPUBLISHED = ("unpublished_at", admin.EmptyFieldListFilter)


class NamedSearch(BigTableAdmin):
    """A search by words of titles in any script, by id and by address."""

    search_fields = ("pk",)  # shows the box; what is typed goes the way below
    search_help_text = _("Words of a title, an id or an address.")
    #: Where the article is from here.
    article = "pk"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Two statements."""
        if wanted := search_term.strip()[:500]:
            queryset = queryset.filter(**{f"{self.article}__in": selectors.ids_named(wanted)})
        return queryset, False


class EditionInline(RecordInline):
    model = Edition
    fields = ("locale", "title", "url", "thread")
    show_change_link = True


@admin.register(Section)
class SectionAdmin(BigTableAdmin):
    list_display = ("name", "site", "comments")
    list_select_related = ("site",)
    list_filter = ("comments", "site")
    search_fields = ("name__istartswith",)
    ordering = ("site", "name")
    readonly_fields = ("site", "name")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Section | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Section, form: Any, change: bool) -> None:
        sections.switch(section=obj, to=CommentsSwitch(obj.comments))


@admin.register(Article)
class ArticleAdmin(RecordAdmin, NamedSearch):
    list_display = ("title", "external_id", "site", "section", "state", "published_at")
    list_select_related = ("site", "section")
    list_filter = ("comments", "ai_generated", "by_reader", UNPUBLISHED, "site")
    ordering = ("-id",)
    inlines = (EditionInline,)
    actions = ("unpublish", "republish")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        return super().get_queryset(request).prefetch_related("editions")

    @admin.display(description=_("title"))
    def title(self, article: Article) -> str:
        return next((edition.title for edition in article.editions.all()), "")

    @admin.display(description=_("comments"))
    def state(self, article: Article) -> str:
        return str(article.switch.label if article.is_published else _("Unpublished"))

    def has_unpublish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.change_article")

    @admin.action(description=_("Unpublish the chosen articles"), permissions=["unpublish"])
    def unpublish(self, request: HttpRequest, chosen: QuerySet[Article]) -> None:
        for article in chosen:
            publishing.unpublish(article=article)
        self.message_user(request, _("Their conversations are shown nowhere now."))

    @admin.action(description=_("Publish the chosen articles again"), permissions=["unpublish"])
    def republish(self, request: HttpRequest, chosen: QuerySet[Article]) -> None:
        for article in chosen:
            publishing.republish(article=article)
        self.message_user(request, _("They are published again."))


#: What the script that puts links in order says.
ORDER_WORDS = {
    "data-up": _("Move up"),
    "data-down": _("Move down"),
    "data-drag": _("Drag to put in order, or press Alt and an arrow key"),
}


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

    class Media:
        css: ClassVar = {"all": ["articles/order.css"]}
        js: ClassVar = [Script("articles/order.js", **ORDER_WORDS)]


class AddressInline(RecordInline):
    model = PageAddress
    fields = ("url", "created_at")
    verbose_name_plural = _("also found at")


class FormerTextInline(RecordInline):
    model = FormerText
    fields = ("number", "title", "until")
    verbose_name_plural = _("earlier texts")


@admin.register(Edition)
class EditionAdmin(NamedSearch):
    list_display = ("title", "locale", "article")
    list_select_related = ("article",)
    article = "article"
    ordering = ("-id",)
    inlines = (RelatedLinkInline, AddressInline, FormerTextInline)
    fields = (
        *("article", "locale", "url", "canonical_url", "alternates"),
        *("title", "standfirst", "sections", "insight", "images", "thread"),
    )
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
            if formset.model is not RelatedLink:
                continue
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
