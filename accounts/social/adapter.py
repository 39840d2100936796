"""Where allauth asks us about accounts elsewhere: who offers them, and what is believed of them."""

from typing import Any

import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.base.provider import Provider
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.core.exceptions import MultipleObjectsReturned
from django.http import Http404, HttpRequest
from django.utils.crypto import constant_time_compare
from requests import RequestException

from accounts import names
from accounts.models import User
from accounts.services import mail_domains, naming
from accounts.social.faults import Cancelled, NotBegunHere, ProviderAway, ProviderRefused
from accounts.social.session import GuardedSession

#: Where the popup finds the name to propose to a newcomer.
SUGGESTED_NAME = "suggested_name"


class NotOffered(SocialApp.DoesNotExist, Http404):
    """No such provider stands in the operator's file. For pages, there is nothing here."""


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Providers are those of the settings. What they say of an address is hearsay, unless the
    operator trusts them: it is proven by a code like any other, and links nothing.
    """

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The providers that the operator's file offers. No query."""
        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def get_app(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> SocialApp:
        try:
            return super().get_app(request, provider, client_id)
        except (SocialApp.DoesNotExist, MultipleObjectsReturned):
            raise NotOffered(provider) from None

    def get_requests_session(self) -> requests.Session:
        return GuardedSession()

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        """A name and a language as our rules have them; an address, proven only where the operator
        trusts this provider with that. Of all else that was said nothing is kept.
        """
        user: User = sociallogin.user
        user.email = (data.get("email") or "").lower()
        user.locale = _language(sociallogin.account.extra_data) or user.locale
        if name := _name(data):
            # `name_made_up` stays: it is the reader who says whether it may stand above comments.
            request.session[SUGGESTED_NAME] = user.name = name
        is_trusted = _is_trusted(sociallogin.provider)
        for address in sociallogin.email_addresses:
            address.verified = is_trusted and address.verified is True
        sociallogin.account.extra_data = {"email": user.email} if user.email else {}
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse an answer to another sign-in. Raises OAuth2Error."""
        sociallogin.token = None
        expected = sociallogin.state.get("nonce")
        given = getattr(sociallogin, "nonce", None)
        if expected is not None and not constant_time_compare(expected, str(given)):
            raise OAuth2Error("The ID token was made for another sign-in.")

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """To all but addresses of refused domains, whether or not they have an account already.
        Raises MailRefused.
        """
        if sociallogin.user.email:
            mail_domains.check(sociallogin.user.email)
        return super().is_open_for_signup(request, sociallogin)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Provider,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Keep what went wrong for the page that says so (accounts.social.views)."""
        if error == AuthError.CANCELLED:
            fault: type = Cancelled
        elif isinstance(exception, RequestException):
            fault = ProviderAway
        elif not (extra_context or {}).get("state"):
            fault = NotBegunHere
        else:
            fault = ProviderRefused
        request.signin_fault = fault  # type: ignore[attr-defined]  # for the page that says so


def _is_trusted(provider: Provider) -> bool:
    app = getattr(provider, "app", None)
    return bool(app and app.settings.get("trust_addresses"))


def _name(data: dict[str, Any]) -> str | None:
    """The name among what a provider said, if it says one that we would let anybody choose."""
    whole = data.get("name")
    parts = [data.get("first_name"), data.get("last_name")]
    said = whole if isinstance(whole, str) else " ".join(each for each in parts if each)
    try:
        return naming.chosen(said)
    except names.BadName:
        return None


def _language(said: Any) -> str | None:
    """The language among what a provider said, where we speak it: `ko` of `ko-KR` and `ko_KR`."""
    claims = said.get("userinfo") or said.get("id_token") or said if isinstance(said, dict) else {}
    locale = claims.get("locale") if isinstance(claims, dict) else None
    language = locale.replace("_", "-").partition("-")[0].lower() if isinstance(locale, str) else ""
    return language if language in dict(settings.LANGUAGES) else None
