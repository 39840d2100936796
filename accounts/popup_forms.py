"""What readers type in the popup, one step a form."""

import unicodedata
from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm, LoginForm
from allauth.mfa.base.forms import AuthenticateForm
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


class AskPassword(LoginForm):
    """The other way in, for who has set a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        self.fields["login"].widget.attrs["autofocus"] = True


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


class AskSecondFactor(AuthenticateForm):
    """A code from an authenticator app, or a recovery code."""

    code = DigitsField(label=_("Code from your authenticator app"), max_length=20)
