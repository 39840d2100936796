"""The admin behind the staff door: our sign-in pages, a second factor, no form of its own."""

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.translation import gettext_lazy as _

from accounts import staff
from common.admin import SoundLists
from common.permissions import public

#: Apps whose records belong to the account's owner: an operator who added an address or an
#: authenticator to somebody's account could sign in as them. Providers stand in a file, not here.
THEIR_OWN = {"account", "mfa", "socialaccount", "usersessions"}


class StaffAdminSite(admin.AdminSite):
    """Django's admin, for operators with a second factor used in this session."""

    site_header = _("Colloquy administration")
    site_title = _("Colloquy administration")
    index_title = _("Administration")
    enable_nav_sidebar = True

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """As Django's, but for what only an account itself may change: its addresses and its
        second factors, its sessions and what it signs in with elsewhere, whose pages allauth would
        bring along.
        """
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        shown = [model for model in models if model._meta.app_label not in THEIR_OWN]
        chosen = admin_class or admin.ModelAdmin
        super().register(shown, type(chosen.__name__, (SoundLists, chosen), {}), **options)

    def has_permission(self, request: HttpRequest) -> bool:
        try:
            return staff.turned_away(request, is_staff=staff.is_operator) is None
        except Http404:
            return False

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """The admin's addresses, each marked: all but the sign-in stand behind the staff door."""
        patterns = super().get_urls()
        for view in _views(patterns):
            if not hasattr(view, "permission"):
                view.permission = "staff"  # type: ignore[attr-defined]  # a mark on a function
        return patterns

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            turned = staff.turned_away(request, is_staff=staff.is_operator)
            return turned or inner(request, *args, **kwargs)

        return guarded

    @public
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """No form of its own: on to the page that would let them in, or in."""
        turned = staff.turned_away(request, is_staff=staff.is_operator)
        return turned or HttpResponseRedirect(reverse("admin:index"))

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return LogoutView.as_view(next_page=reverse("account_login"))(request)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("account_change_password"))


def _views(patterns: Sequence[URLPattern | URLResolver]) -> Iterator[Callable[..., Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns)
        else:
            yield pattern.callback
