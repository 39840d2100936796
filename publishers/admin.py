"""Sites with their origins, keys and staff: all a real publisher needs to start."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import CharField, Count, QuerySet
from django.forms import CheckboxSelectMultiple, ChoiceField, ModelForm, MultipleChoiceField
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from common.admin import RecordAdmin, RecordInline
from publishers.forms import ReactionLines
from publishers.models import AccessChange, ApiKey, Origin, Site, SsoKey, StaffMembership
from publishers.services import hooks, keys, sso_keys
from publishers.states import Scope


class OriginInline(admin.TabularInline):
    model = Origin
    extra = 1


class StaffInline(RecordInline):
    """Who is on the staff, to look at: `add_staff` and the desk change it, on record."""

    model = StaffMembership
    fields = ["user", "role", "last_seen_at"]


class KeyInline(RecordInline):
    """A site's keys, to look at; a new one is made on the keys' own page."""

    model = ApiKey
    fields = ["name", "prefix", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at"]


class SiteForm(ModelForm):
    reactions = ReactionLines()


@admin.register(Site)
class SiteAdmin(admin.ModelAdmin):
    form = SiteForm
    list_display = ["name", "id", "default_locale", "screening", "origin_count", "created_at"]
    list_filter = ["screening", "default_locale"]
    search_fields = ["name", "origins__origin"]
    ordering = ["name"]
    readonly_fields = ["id", "created_at", "hook_secret", "hook_secret_changed_at"]
    inlines = [OriginInline, StaffInline, KeyInline]
    actions = ["change_hook_secret"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Site]:
        return super().get_queryset(request).annotate(_origins=Count("origins"))

    def formfield_for_choice_field(
        self, db_field: CharField, request: HttpRequest, **kwargs: Any
    ) -> ChoiceField | None:
        """A site without a hook need not say what is done while its hook is away."""
        if db_field.name == "hook_when_away":
            kwargs |= {"required": False, "empty_value": db_field.default}
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    @admin.display(description=_("origins"), ordering="_origins")
    def origin_count(self, site: Any) -> int:
        return site._origins

    def save_model(self, request: HttpRequest, obj: Site, form: ModelForm, change: bool) -> None:
        if obj.hook_url:
            hooks.give_secret(obj)
        super().save_model(request, obj, form, change)

    @admin.action(description=_("Give the hook a new secret"), permissions=["change"])
    def change_hook_secret(self, request: HttpRequest, chosen: QuerySet[Site]) -> None:
        for site in chosen:
            hooks.change_secret(site)
        self.message_user(
            request, _("For a day calls are signed with both, the new secret and the one before.")
        )


SHOWN_OF_KEYS = ["name", "site", "prefix", "created_at", "last_used_at", "expires_at", "revoked_at"]


class KeyForm(ModelForm):
    """A key's name, and for a new one its site, what it opens and when it ends."""

    scopes = MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        initial=Scope.values,
        widget=CheckboxSelectMultiple,
    )


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    """Keys: the text is told once, after saving; revoking is for good."""

    form = KeyForm
    list_display = SHOWN_OF_KEYS
    list_filter = ["site", ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["site"]
    search_fields = ["name", "prefix", "site__name"]
    ordering = ["-created_at"]
    actions = ["replace", "revoke"]

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[str]:
        if obj:
            return [*SHOWN_OF_KEYS, "scopes"]
        return ["site", "name", "scopes", "expires_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[str]:
        return [field for field in self.get_fields(request, obj) if field != "name"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ModelForm, change: bool) -> None:
        if change:
            obj.save(update_fields=["name"])
            return
        key, text = keys.issue(
            site=obj.site,
            name=obj.name,
            scopes=form.cleaned_data["scopes"],
            expires_at=obj.expires_at,
            actor=request.user,
        )
        obj.pk, obj.prefix, obj.digest = key.pk, key.prefix, key.digest
        self._tell(request, text)

    @admin.action(
        description=_("Replace the chosen keys; the old ones end in a day"), permissions=["change"]
    )
    def replace(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> None:
        for key in chosen:
            try:
                _new, text = keys.rotate(key.pk, overlap=timedelta(days=1), actor=request.user)
            except keys.KeyEnded as refusal:
                self.message_user(request, f"{key}: {refusal}", messages.ERROR)
            else:
                self._tell(request, text)

    @admin.action(description=_("Revoke the chosen keys"), permissions=["change"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> None:
        for key in chosen.select_related("site"):
            keys.revoke(key, actor=request.user)
        self.message_user(request, _("The keys open nothing any more."))

    def _tell(self, request: HttpRequest, text: str) -> None:
        self.message_user(
            request,
            format_html("{} <code>{}</code>", _("Shown once, copy it now:"), text),
            messages.WARNING,
        )


class SsoKeyForm(ModelForm):
    """A new sign-in key: a public one where one is given, else a secret."""

    def clean_public_key(self) -> str:
        pem = str(self.cleaned_data["public_key"])
        if pem:
            sso_keys.algorithm_of(pem)
        return pem

    def clean(self) -> dict[str, Any]:
        if site := self.cleaned_data.get("site"):
            sso_keys.check_room(site)
        return self.cleaned_data


@admin.register(SsoKey)
class SsoKeyAdmin(admin.ModelAdmin):
    """Keys that publishers sign their readers in with. A secret is told once, after saving."""

    form = SsoKeyForm
    list_display = ["name", "site", "kid", "algorithm", "created_at", "last_used_at", "retired_at"]
    list_filter = ["site", "algorithm", ("retired_at", admin.EmptyFieldListFilter)]
    list_select_related = ["site"]
    search_fields = ["name", "kid", "site__name"]
    ordering = ["-created_at"]
    actions = ["retire"]

    def get_fields(self, request: HttpRequest, obj: SsoKey | None = None) -> list[str]:
        if obj:
            return [*map(str, self.list_display), "public_key"]
        return ["site", "name", "public_key"]

    def has_change_permission(self, request: HttpRequest, obj: SsoKey | None = None) -> bool:
        """A key's page is to look at; in the list keys can be retired."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: SsoKey | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: SsoKey, form: ModelForm, change: bool) -> None:
        wanted = form.cleaned_data
        if pem := wanted["public_key"]:
            key = sso_keys.add_public_key(
                site=wanted["site"], name=wanted["name"], pem=pem, actor=request.user
            )
        else:
            key, text = sso_keys.make_secret(
                site=wanted["site"], name=wanted["name"], actor=request.user
            )
            self.message_user(
                request,
                format_html("{} <code>{}</code>", _("Shown once, copy it now:"), text),
                messages.WARNING,
            )
        obj.pk, obj.kid, obj.name = key.pk, key.kid, key.name

    @admin.action(description=_("Retire the chosen keys"), permissions=["change"])
    def retire(self, request: HttpRequest, chosen: QuerySet[SsoKey]) -> None:
        for key in chosen:
            sso_keys.retire(key, actor=request.user)
        self.message_user(request, _("The keys sign nobody in any more."))


@admin.register(AccessChange)
class AccessChangeAdmin(RecordAdmin):
    """Who was let in or shut out, at every site."""

    list_display = ["created_at", "site", "actor", "kind", "subject", "was", "now"]
    list_select_related = ["site", "actor"]
    list_filter = ["kind", "site"]
    search_fields = ["subject", "=actor__email"]
    ordering = ["-id"]
