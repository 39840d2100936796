"""The providers we know, as allauth knows them, and stricter where it is not strict enough.

Each says in `package` whose addresses it has: allauth's, which `accounts.urls` stands in front of.
"""

import secrets
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.apple.provider import AppleProvider
from allauth.socialaccount.providers.google.provider import GoogleProvider
from allauth.socialaccount.providers.kakao.provider import KakaoProvider
from allauth.socialaccount.providers.line.provider import LineProvider
from allauth.socialaccount.providers.naver.provider import NaverProvider
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.http import HttpRequest, HttpResponse
from requests import RequestException

from accounts.social.faults import ProviderAway

ALLAUTHS = "allauth.socialaccount.providers"
#: What allauth stumbles over when a provider's answer is not as agreed: a field is missing, or is
#: of another kind, or longer than its column (ImproperlyConfigured).
NOT_AS_AGREED = (AttributeError, ImproperlyConfigured, LookupError, TypeError, ValueError)


class IdTokens:
    """For providers whose word is an ID token: it must carry the nonce that this sign-in sent.

    `nonce` of a sign-in is what the token carries; the adapter compares it with the state's.
    """

    def redirect(
        self,
        request: HttpRequest,
        process: str,
        next_url: str | None = None,
        data: Any = None,
        **kwargs: Any,
    ) -> HttpResponse:
        nonce = secrets.token_urlsafe(24)
        params = {**self.get_auth_params(), "nonce": nonce}  # type: ignore[attr-defined]
        return super().redirect(  # type: ignore[misc]
            request, process, next_url, data, **{**kwargs, "auth_params": params, "nonce": nonce}
        )

    def sociallogin_from_response(self, request: HttpRequest, response: Any) -> SocialLogin:
        login = super().sociallogin_from_response(request, response)  # type: ignore[misc]
        login.nonce = self.id_token_in(response).get("nonce")
        return login

    def id_token_in(self, response: dict[str, Any]) -> dict[str, Any]:
        """The token's claims."""
        return response

    def verify_token(self, request: HttpRequest, token: dict[str, Any]) -> SocialLogin:
        """For apps, which bring a token of their own. Raises ValidationError, ProviderAway."""
        try:
            return super().verify_token(request, token)  # type: ignore[misc]
        except ValidationError as refused:
            if isinstance(refused.__cause__, RequestException):
                raise ProviderAway from refused
            raise
        except NOT_AS_AGREED as fault:
            raise get_adapter().validation_error("invalid_token") from fault


class SignedAdapter(OpenIDConnectOAuth2Adapter):
    """Looks at the ID token's signature however the token came."""

    def get_access_token_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        told = super().get_access_token_data(*args, **kwargs)
        self.did_fetch_access_token = False  # else allauth trusts the connection alone
        return told


class OpenIDConnect(IdTokens, OpenIDConnectProvider):
    """Any provider that speaks OpenID Connect, by its address."""

    package = f"{ALLAUTHS}.openid_connect"
    oauth2_adapter_class = SignedAdapter

    def redirect(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Where to go is said by the provider itself. Raises ProviderAway."""
        try:
            return super().redirect(*args, **kwargs)
        except (RequestException, *NOT_AS_AGREED) as fault:
            raise ProviderAway from fault

    def id_token_in(self, response: dict[str, Any]) -> dict[str, Any]:
        """The token's claims. Raises OAuth2Error where there are none, or where what was told
        beside it is of somebody else (OpenID Connect Core 5.3.2).
        """
        beside = response.get("userinfo")
        claims = response if beside is None and "sub" in response else response.get("id_token")
        if not claims or (beside is not None and beside.get("sub") != claims["sub"]):
            raise OAuth2Error("No ID token, or one of somebody else.")
        return claims


class Google(IdTokens, GoogleProvider):
    package = f"{ALLAUTHS}.google"


class Apple(IdTokens, AppleProvider):
    package = f"{ALLAUTHS}.apple"


class Kakao(KakaoProvider):
    """An address counts as checked while it is its owner's still."""

    package = f"{ALLAUTHS}.kakao"

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        fields = super().extract_common_fields(data)
        return {"email": fields["email"], "name": fields["username"]}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        addresses = super().extract_email_addresses(data)
        if not data.get("kakao_account", {}).get("is_email_valid"):
            for address in addresses:
                address.verified = False
        return addresses


class Line(LineProvider):
    package = f"{ALLAUTHS}.line"
    name = "LINE"

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"email": data.get("email"), "name": data.get("name") or data.get("displayName")}


class Naver(NaverProvider):
    package = f"{ALLAUTHS}.naver"

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"email": data.get("email"), "name": data.get("nickname") or data.get("name")}
