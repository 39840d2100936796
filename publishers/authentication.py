"""A publisher's server signs in with its site's API key: it is a site, not a person."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from common.errors import Refusal
from publishers.models import ApiKey, Site
from publishers.services import keys
from publishers.states import Scope


class PublisherServer:
    """Who calls when a key is sent: `site`'s own server."""

    is_authenticated = True
    is_anonymous = False
    is_active = True
    pk = None

    def __init__(self, site: Site) -> None:
        self.site = site

    def __str__(self) -> str:
        return f"server of {self.site}"


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <site api key>`. `request.auth` is the key. One query."""

    def authenticate(self, request: Request) -> tuple[PublisherServer, ApiKey] | None:
        scheme, _space, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = keys.find(text.strip())
        if key is None:
            raise AuthenticationFailed(
                _("This API key is not known, or has ended."), code="api_key_unknown"
            )
        return PublisherServer(key.site), key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class ScopeMissing(Refusal):
    code: ClassVar[str] = "scope_missing"
    status: ClassVar[int] = 403

    def __init__(self, scope: Scope) -> None:
        super().__init__(
            _("This API key lacks the scope %(scope)s. Use a key that has it.")
            % {"scope": scope.value}
        )


class IsPublisherServer(BasePermission):
    """Only a publisher's server, by a key with the scope that the view names for this method.

    A view that takes keys has `scopes: ClassVar[Mapping[str, Scope]]`; a method it does not name
    is closed. Raises ScopeMissing.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.user, PublisherServer):
            return False
        method = request.method or ""
        scope = view.scopes.get(method)
        if scope is None:  # OPTIONS, and what the view does not do: 405
            return method == "OPTIONS" or not hasattr(view, method.lower())
        if scope not in request.auth.scopes:
            raise ScopeMissing(scope)
        return True
