"""Accounts and tokens for operators. Passwords and secrets are nobody's to see or type here."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.forms import TidyName
from accounts.models import MailDomain, SiteProfile, Token, User
from accounts.services import avatars, site_profiles, tokens


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """People. Accounts are made by signing up or by `add_staff`; closing one keeps its words."""

    list_display = ["name", "email", "locale", "is_active", "is_staff", "joined_at", "last_login"]
    list_filter = ["is_active", "is_staff", "locale"]
    search_fields = ["email", "name", "sso_identity__subject"]
    ordering = ["-joined_at"]
    fields = ["id", "name", "email", "locale", "is_active", "is_staff", "joined_at", "last_login"]
    readonly_fields = ["id", "email", "joined_at", "last_login"]
    actions = ["end_tokens", "take_off_avatars"]
    form = TidyName

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Who may enter the admin is for superusers to say."""
        return [*self.readonly_fields, *([] if request.user.is_superuser else ["is_staff"])]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    @admin.action(description=_("Sign out everywhere (end all tokens)"), permissions=["change"])
    def end_tokens(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        for user in chosen:
            tokens.revoke_all(user)
        self.message_user(request, _("Signed out everywhere."))

    @admin.action(description=_("Remove their pictures"))
    def take_off_avatars(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        for user in chosen:
            avatars.take_off(user)
        self.message_user(request, _("The pictures are gone."))


SHOWN = ["user", "kind", "site", "origin", "created_at", "last_used_at", "expires_at"]


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):
    """Tokens: who, where, until when. Only to look at, and to end."""

    list_display = SHOWN
    list_filter = ["kind", ("revoked_at", admin.EmptyFieldListFilter), "site"]
    list_select_related = ["user", "site"]
    search_fields = ["user__email", "user__name", "origin"]
    ordering = ["-created_at"]
    fields = readonly_fields = [*SHOWN, "revoked_at"]
    actions = ["end"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False

    @admin.action(description=_("End the chosen tokens"), permissions=["change"])
    def end(self, request: HttpRequest, chosen: QuerySet[Token]) -> None:
        for token in chosen:
            tokens.revoke(token)
        self.message_user(request, _("The tokens have ended."))


@admin.register(MailDomain)
class MailDomainAdmin(admin.ModelAdmin):
    """Domains whose addresses are refused, doubted, or allowed in spite of the built-in list."""

    list_display = ["domain", "standing", "note"]
    list_filter = ["standing"]
    search_fields = ["domain", "note"]
    ordering = ["domain"]


@admin.register(SiteProfile)
class SiteProfileAdmin(admin.ModelAdmin):
    """What sites say of readers. Operators may lock a name, and lift a lock."""

    list_display = ["user", "site", "badges", "may_comment", "name_locked_until"]
    list_filter = [("name_locked_until", admin.EmptyFieldListFilter), "may_comment", "site"]
    list_select_related = ["user", "site"]
    search_fields = ["user__email", "user__name"]
    ordering = ["-changed_at"]
    fields = ["user", "site", "badges", "may_comment", "may_not_because", "name_locked_until"]
    autocomplete_fields = ["user"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: SiteProfile | None = None
    ) -> list[str]:
        said = ["badges", "may_comment", "may_not_because"]
        return ["user", "site", *said] if obj else said

    def has_delete_permission(self, request: HttpRequest, obj: SiteProfile | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: SiteProfile, form: Any, change: bool) -> None:
        until, actor = obj.name_locked_until, cast(User, request.user)
        obj.pk = site_profiles.lock_name(obj.user, obj.site, until=until, actor=actor).pk
