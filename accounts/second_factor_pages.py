"""allauth's pages of second factors and passkeys, where ours say or lead elsewhere."""

from typing import Any

from allauth.mfa.base.views import IndexView
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.urls import reverse

from accounts import staff


class SecondFactorPage(IndexView):
    """`/accounts/2fa/`: recovery codes are shown to who is asked for a second factor."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_asked_for = staff.asked_for_second_factor(self.request.user)
        return {**super().get_context_data(**kwargs), "is_asked_for": is_asked_for}


class AddPasskeyPage(AddWebAuthnView):
    """`/accounts/2fa/webauthn/add/`: on to the list, or to the codes for who may need them."""

    def get_success_url(self) -> str:
        if staff.asked_for_second_factor(self.request.user):
            return super().get_success_url()
        return reverse("mfa_list_webauthn")
