"""A publisher's server signs in with its site's API key: it is a site, not a person."""

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from publishers.models import ApiKey, Site
from publishers.services import keys


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
                _("This API key is not known, or was revoked."), code="api_key_unknown"
            )
        return PublisherServer(key.site), key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class IsPublisherServer(BasePermission):
    """Only a publisher's server, by its key."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, PublisherServer)
