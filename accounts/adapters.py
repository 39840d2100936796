"""Where allauth asks us: how an account is named, what mails look like, how secrets are kept."""

import base64
import hashlib
import secrets
import time
from typing import Any, ClassVar

from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context as current
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.encoding import force_bytes
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import mail_domains, pressure
from common.away import Unavailable
from common.callers import address_block, client_address
from common.circuit import Circuit

#: After a mail server did not answer in time, nobody of this process waits for it for this long.
mail_circuit = Circuit(seconds=5)
#: A server that refuses does so sooner.
LONG_SECONDS = 1.0
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
        """By our one rule; allauth's own would end in 500 where a proxy forgot its header."""
        return client_address(request)

    def new_user(self, request: HttpRequest) -> User:
        """An account not yet stored, in the language of the page, its name made up until chosen."""
        return User(
            name=gettext("Reader %(number)d") % {"number": secrets.randbelow(9_000) + 1_000},
            name_made_up=True,
            locale=get_language() or settings.LANGUAGE_CODE,
        )

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

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not from who signed in a moment ago: setting up a second factor follows signing in."""
        return super().is_reauthentication_required(app=app, **kwargs) and not _just_signed_in()

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


def _just_signed_in() -> bool:
    records = get_authentication_records(current.request, current.request.user)
    oldest = time.time() - account_settings.REAUTHENTICATION_TIMEOUT
    return bool(records) and records[-1]["at"] > oldest


class SecondFactorAdapter(DefaultMFAAdapter):
    """Authenticator secrets are encrypted at rest, with a key made of SECRET_KEY."""

    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right. Look again, or wait for the next one."),
    }

    def encrypt(self, text: str) -> str:
        return _safe().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _safe().decrypt(encrypted_text.encode()).decode()


def _safe() -> MultiFernet:
    """Encrypts with SECRET_KEY, and still opens what SECRET_KEY_FALLBACKS encrypted."""
    secrets_in_use = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = (hashlib.sha256(b"second factor:" + force_bytes(key)).digest() for key in secrets_in_use)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
