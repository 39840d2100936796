"""Where allauth asks us: how an account is named, what mails look like, how secrets are kept."""

import time
from collections.abc import Iterable
from ipaddress import IPv4Address
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core import context as current
from allauth.core.exceptions import ReauthenticationRequired
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import devices, even, fresh, staff
from accounts.models import User
from accounts.services import mail_domains, pressure, profile, second_factors, tokens
from common.away import Unavailable
from common.callers import UNKNOWN, address_block, client_address
from common.circuit import Circuit
from common.sealing import seal, unseal

#: After a mail server did not answer in time, nobody of this process waits for it for this long.
mail_circuit = Circuit(seconds=5)
#: A server that refuses does so sooner.
LONG_SECONDS = 1.0
UNSPECIFIED = str(IPv4Address(0))
#: What allauth counts for an address, each time a mail is asked for.
MAILS_ASKED_FOR = ("request_login_code", "confirm_email", "reset_password")


class MailAway(Unavailable):
    """The mail that this was about could not be handed over. Asking again is not held against
    who asks.
    """

    detail = _("We could not send the e-mail. Please try again in a minute.")
    wait: ClassVar[int] = 30


def display_name(user: User) -> str:
    """ACCOUNT_USER_DISPLAY: never the address."""
    return user.name


class AccountAdapter(DefaultAccountAdapter):
    """Accounts have a display name, a language and an address, no user name."""

    error_messages: ClassVar = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": _("This code is not right. Look again, or ask for a new one."),
        "email_password_mismatch": _("This address and password do not go together."),
        "too_many_login_attempts": _("Too many tries. Wait a few minutes, then try again."),
        "rate_limited": _("Too many tries. Wait a few minutes, then try again."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        """By our one rule; allauth's own would end in 500 where a proxy forgot its header.

        allauth keeps it in a column for addresses: where the peer has none, the unspecified one.
        """
        address = client_address(request)
        return address if address != UNKNOWN else UNSPECIFIED

    def new_user(self, request: HttpRequest) -> User:
        """An account not yet stored, in the language of the page, its name made up until chosen."""
        return profile.newcomer()

    def save_user(
        self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True
    ) -> User:
        if name := form.cleaned_data.get("name"):
            user.name, user.name_made_up = name, False
        return super().save_user(request, user, form, commit)

    def clean_email(self, email: str) -> str:
        """Who changes address may take none of a refused domain. Signing up: forms.SignupName."""
        if current.request.user.is_authenticated:
            try:
                mail_domains.check(email)
            except mail_domains.MailRefused as fault:
                raise ValidationError(fault.detail, code=fault.code) from fault
        return str(super().clean_email(email))

    def clean_password(self, password: str, user: User | None = None) -> str:
        current.request.password_typed = password
        return str(super().clean_password(password, user))

    def send_account_already_exists_mail(self, email: str) -> None:
        """Who signs up with a known address waits as long as for a new account's password."""
        if typed := getattr(current.request, "password_typed", ""):
            even.hash_in_vain(typed)
        super().send_account_already_exists_mail(email)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong passwords count for account and address block together: by guessing, a stranger
        elsewhere locks out nobody but the stranger. Guessing from many networks makes each of them
        work first (accounts.risk).
        """
        block = address_block(client_address(request))
        return pressure.pair(block, str(credentials.get("email", "")))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        block = address_block(client_address(request))
        pressure.note_failure(block=block, email=str(credentials.get("email", "")))

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """The popup says things in place: nothing to keep for a later page."""
        if not hasattr(request, "signin_site"):
            super().add_message(request, *args, **kwargs)

    def logout(self, request: HttpRequest) -> None:
        """Signing out on our pages ends what this browser was signed in to by us. In the popup
        it only makes room for another account.
        """
        if not hasattr(request, "signin_site"):
            tokens.revoke_handed_over(request.session.session_key)
        super().logout(request)

    def set_password(self, user: User, password: str) -> None:
        """A first password is a new way in: who sets one by the app client proves who they are
        (our page asks before). A change asks for the old password. Raises
        ReauthenticationRequired.
        """
        request = current.request
        if request.user.is_authenticated and not user.has_usable_password():
            fresh.require(request)
        super().set_password(user, password)

    def get_login_stages(self) -> list[str]:
        theirs, ours = "allauth.mfa.stages.AuthenticateStage", "accounts.stages.SecondFactorStage"
        return [ours if stage == theirs else stage for stage in super().get_login_stages()]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not from who signed in a moment ago: setting up a second factor follows signing in.

        Raises ReauthenticationRequired itself for who has neither password nor second factor:
        allauth knows no way for them and would let them pass; we send a code.
        """
        if fresh.is_fresh(current.request):
            return False
        if not get_reauthentication_flows(current.request.user):
            raise ReauthenticationRequired
        return super().is_reauthentication_required(app=app, **kwargs)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Password, second factor, passkey; a code by mail for who has no password, but where a
        second factor is asked for: a mailbox alone does not stand for that.
        """
        if not user.is_authenticated:
            return []
        methods = super().get_reauthentication_methods(user)
        if staff.asked_for_second_factor(user):
            return methods
        methods = [method for method in methods if method["id"] != "mfa_reauthenticate"]
        if not user.has_usable_password():
            methods.append(
                {
                    "id": "code",
                    "description": _("Get a code by e-mail"),
                    "url": reverse("account_reauthenticate_by_code"),
                }
            )
        return methods

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mails name the site whose popup asked for them; on our own pages, the service.

        Raises MailAway, alike for known and unknown addresses: each is sent something.
        """
        site = getattr(current.request, "signin_site", None)
        site_name = site.name if site is not None else settings.SPECTACULAR_SETTINGS["TITLE"]
        begun = time.monotonic()
        try:
            if mail_circuit.is_open:
                raise TimeoutError("The mail server did not answer a moment ago.")
            super().send_mail(template_prefix, email, {"site_name": site_name, **context})
        except OSError as fault:  # smtplib's are
            if time.monotonic() - begun > LONG_SECONDS:
                mail_circuit.trip()
            _forgive(current.request, email)
            raise MailAway from fault


def _forgive(request: HttpRequest, email: str) -> None:
    """Take back what allauth has counted for this address; what it counts by network stays."""
    for action in MAILS_ASKED_FOR:
        for rate in ratelimit.get_rates(app="allauth.account", action=action):
            if rate.per == "key":
                known = {"app": "allauth.account", "action": action, "rate": rate}
                cache.delete(ratelimit.get_cache_key(request, key=email.lower(), **known))


class SecondFactorAdapter(DefaultMFAAdapter):
    """Authenticator secrets are encrypted at rest, with a key made of SECRET_KEY."""

    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right. Look again, or wait for the next one."),
    }

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002  (theirs)
        """What a new passkey is called until its owner names it: the device it was made on."""
        return devices.describe(current.request.headers.get("User-Agent", "")) or gettext("Passkey")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Our host, under the name that authenticator apps show too."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": settings.MFA_TOTP_ISSUER}

    def encrypt(self, text: str) -> str:
        return seal(text, purpose=second_factors.PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text, purpose=second_factors.PURPOSE)


class PlacesAdapter(DefaultUserSessionsAdapter):
    """Ending a session ends the tokens that came of it."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        tokens.end_sessions(list(sessions))
