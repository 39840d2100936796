"""How OpenAPI names our ways to sign in. Imported by the app's config, which registers them."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A reader token (one site) or an app token (the account). "
            "`X-Session-Token: <token>` does as well.",
        }


class FirstPartyScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.authentication.FirstPartySession"
    name = "firstPartySession"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "Our own pages, with `X-CSRFToken` on everything but reads.",
        }
