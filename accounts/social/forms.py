"""What is asked of who comes from elsewhere, and of who lets go of it."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.forms import DisconnectForm, SignupForm
from django import forms

from accounts.popup_forms import OurWords
from accounts.social.adapter import NotOffered


class SignUp(OurWords, SignupForm):
    """For whom a provider told no address of: theirs, and the name that was told, if any."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if name := self.sociallogin.user.name:
            self.fields["name"].initial = name


class Disconnect(DisconnectForm):
    """allauth's, but the last may go where a proven address stays: a code sent there signs in."""

    def clean(self) -> dict[str, Any]:
        cleaned = forms.Form.clean(self)
        if not EmailAddress.objects.filter(user=self.request.user, verified=True).exists():
            raise get_adapter().validation_error("no_verified_email")
        return cleaned or {}

    def save(self) -> None:
        """Raises ReauthenticationRequired."""
        try:
            super().save()
        except NotOffered:  # a provider that the operator has taken out of the file since
            self.cleaned_data["account"].delete()
