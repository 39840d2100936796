"""Names as people type them. (allauth's forms build on one of these: import none of them here.)"""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models import User
from accounts.services import mail_domains, naming

NAME_FAULTS = {
    "empty": _("Choose a name of 1 to 50 characters."),
    "too_long": _("Choose a name of 1 to 50 characters."),
    "unseen_characters": _("This name has characters that nobody can see. Type it anew."),
    "stacked_marks": _("This name has too many marks on one letter. Leave some out."),
    "styled_letters": _("Type this name in ordinary letters, without full width or styles."),
    "mixed_scripts": _("A word of this name mixes letters of several scripts that look alike."),
    "reserved_name": _("This name looks like one of the staff here. Choose another."),
}


class NameField(forms.CharField):
    """A display name, tidied. `by` has it, or asks for it; None: a newcomer."""

    by: User | None = None

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
            return naming.chosen(text, by=self.by)
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


class TidyName(forms.ModelForm):
    """A name as an operator sets it, who may give staff a title."""

    def clean_name(self) -> str:
        try:
            return names.tidy(self.cleaned_data["name"])
        except names.BadName as fault:
            raise forms.ValidationError(NAME_FAULTS[fault.code], code=fault.code) from fault
