"""How OpenAPI names our ways to sign in. Imported by the app's config, which registers them."""

from typing import Any

from drf_spectacular.drainage import set_override
from drf_spectacular.extensions import OpenApiAuthenticationExtension


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.authentication.TokenAuthentication"
    match_subclasses = True
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        # Two classes look tokens up, as one scheme: that is no collision of names.
        set_override(type(self.target), "suppress_collision_warning", True)
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
