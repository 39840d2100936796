"""Sign-in and sign-up by one code, sent alike to every address: nobody learns who has an account.

allauth's own process sends a code to known addresses only. This one keeps its flow (session, tries,
time, resends, the steps after) and makes the account of an unknown address once the address is
proven, so that typing somebody else's address makes nothing.
"""

import secrets

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification_by_code import (
    EMAIL_VERIFICATION_CODE_SESSION_KEY,
    EmailVerificationProcess,
)
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.userkit import filter_users_by_email
from allauth.account.models import EmailAddress, Login
from allauth.account.signals import user_signed_up
from allauth.account.stages import EmailVerificationStage, LoginByCodeStage, LoginStageController
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.services import mail_domains

CODE = "reader_code"  # not allauth's key: its own pages must not take a code of no account


class ReaderCode(LoginCodeVerificationProcess):
    """A pending code of this browser's session."""

    @classmethod
    def begin(cls, request: HttpRequest, email: str) -> "ReaderCode":
        """Send a code to `email` and remember it in the session, whoever's the address is."""
        user = _owner(email, is_active=True)
        login = Login(user=user, email=email, state={"stages": {"current": LoginByCodeStage.key}})
        stage = LoginByCodeStage(LoginStageController(request, login), request, login)
        stage.state.update(cls.initial_state(user=user, email=email), initiated_by_user=True)
        process = cls(stage)
        process.send()
        process.persist()
        return process

    @classmethod
    def pending(cls, request: HttpRequest) -> "ReaderCode | None":
        """The code this session waits for; None where there is none or its time is over."""
        stage = LoginStageController.enter(request, LoginByCodeStage.key)
        return cls(stage).abort_if_invalid() if stage and CODE in stage.state else None

    @property
    def email(self) -> str:
        return str(self.state["email"])

    @property
    def code(self) -> str:
        return str(self.state.get(CODE, ""))

    def generate_code(self) -> str:
        self.state[CODE] = get_adapter().generate_login_code()
        return self.code

    def send_by_email(self, email: str, skip_enumeration_mails: bool = False) -> None:
        context = {"request": self.request, "code": self.generate_code()}
        get_adapter().send_mail("account/email/login_code", email, context)

    def resend(self) -> None:
        self.send()
        self.record_resend()
        self.persist()

    def finish(self, redirect_url: str | None = None) -> HttpResponse:
        """The code was right: sign in the address's account, making it where there is none.

        Raises MailRefused where none may be made.
        """
        self._user = _owner(self.email) or self._welcome()
        EmailAddress.objects.get_or_create(user=self._user, email=self.email)
        return super().finish(redirect_url)

    def _welcome(self) -> User:
        mail_domains.check(self.email)  # not sooner: it would tell who has an account already
        user = get_adapter().new_user(self.request)
        user.email = self.email
        user.set_unusable_password()
        try:
            with transaction.atomic():
                user.save(force_insert=True)
        except IntegrityError:  # the same person in two windows
            return User.objects.get(email=self.email)
        user_signed_up.send(sender=User, request=self.request, user=user)
        return user


class AddressCode(EmailVerificationProcess):
    """A pending code for the address of who signed in elsewhere: proven here like any other.

    allauth begins it. Where the address has an account already, it mails its owner that instead
    of a code, so that no code is right; the page is the same.
    """

    @classmethod
    def pending(cls, request: HttpRequest) -> "AddressCode | None":
        """The code this session waits for; None where there is none or its time is over."""
        stage = LoginStageController.enter(request, EmailVerificationStage.key)
        state = request.session.get(EMAIL_VERIFICATION_CODE_SESSION_KEY)
        return cls(request, state).abort_if_invalid() if stage and state else None

    @property
    def code(self) -> str:
        return super().code if self.user else secrets.token_hex()

    def finish(self) -> None:
        """The code was right: on with the sign-in that waits for it."""
        if super().finish():
            LoginStageController.enter(self.request, EmailVerificationStage.key).exit()


def _owner(email: str, *, is_active: bool | None = None) -> User | None:
    found = filter_users_by_email(email, is_active=is_active, prefer_verified=True, for_login=True)
    return found[0] if found else None
