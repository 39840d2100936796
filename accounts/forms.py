"""Names as people type them. (allauth's forms build on one of these: import none of them here.)"""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models import User
from accounts.services import mail_domains

NAME_FAULTS = {
    "empty": _("Choose a name of 1 to 50 characters."),
    "too_long": _("Choose a name of 1 to 50 characters."),
    "unseen_characters": _("This name has characters that nobody can see. Type it anew."),
}


class NameField(forms.CharField):
    """A display name, tidied."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("Display name"),
            strip=True,
            widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return names.tidy(text)
        except names.BadName as fault:
            raise forms.ValidationError(NAME_FAULTS[fault.code], code=fault.code) from fault


class SignupName(forms.Form):
    """What our sign-up asks beside an address and a password: a display name, if one is at hand."""

    name = NameField(required=False)

    def clean(self) -> dict[str, Any]:
        """Refuses domains of which we take nobody, alike for known and unknown addresses."""
        if email := self.cleaned_data.get("email"):
            try:
                mail_domains.check(email)
            except mail_domains.MailRefused as fault:
                self.add_error("email", forms.ValidationError(fault.detail, code=fault.code))
        return self.cleaned_data

    def signup(self, request: HttpRequest, user: User) -> None:
        """allauth's hook after the account is stored: the adapter has set the name already."""


class ChooseName(forms.Form):
    """The popup's last step for a newcomer."""

    name = NameField(required=True)
    name.widget.attrs["autofocus"] = True
