"""What readers type in the popup, one step a form; and the same words on our other pages."""

import unicodedata
from typing import Any

from allauth.account.forms import (
    AddEmailForm,
    ConfirmEmailVerificationCodeForm,
    ConfirmLoginCodeForm,
    LoginForm,
    RequestLoginCodeForm,
    ResetPasswordForm,
    SignupForm,
)
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


class AskAddress(forms.Form):
    """The first step."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={"invalid": _("This is not an e-mail address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class OurWords:
    """For allauth's forms: an address is called the same on every page, and labels say it once."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in ("login", "email"):
                field.label = _("E-mail address")
                field.widget.attrs["autofocus"] = True


class SignInByPassword(OurWords, LoginForm):
    """The page on which staff sign in."""


class SignInByCode(OurWords, RequestLoginCodeForm):
    """Its other way in."""


class ForgottenPassword(OurWords, ResetPasswordForm):
    """Where its link for the forgetful leads."""


class SignUp(OurWords, SignupForm):
    """Opening an account, with a password or a passkey."""


class NewAddress(OurWords, AddEmailForm):
    """Another address for the account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New address")
        self.fields["email"].help_text = _(
            "We send a code there. Until you enter it, nothing changes."
        )


class AskPassword(SignInByPassword):
    """The other way into the popup, for who has set a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""


class DigitsField(forms.CharField):
    """A code: number keys on phones, filled in by the system where it can, any width of digits."""

    widget = forms.TextInput(
        attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
    )

    def to_python(self, value: Any) -> str:
        return unicodedata.normalize("NFKC", super().to_python(value) or "")


class AskCode(ConfirmLoginCodeForm):
    """The code from the mail."""

    code = DigitsField(label=_("Code from the e-mail"), max_length=20)


class AskVerificationCode(ConfirmEmailVerificationCodeForm):
    """The code that proves a new address."""

    code = DigitsField(label=_("Code from the e-mail"), max_length=20)


class AskSecondFactor(AuthenticateForm):
    """A code from an authenticator app, or a recovery code."""

    code = DigitsField(label=_("Code from your authenticator app"), max_length=20)


class AddPasskey(AddWebAuthnForm):
    """A passkey and what to call it. All are made to sign in by themselves."""

    passwordless = None
