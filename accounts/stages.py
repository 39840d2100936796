"""Steps of allauth's sign-in that differ here."""

from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest

from accounts import staff


class SecondFactorStage(AuthenticateStage):
    """allauth's, but a reader's passkey does not make the other ways in ask for it."""

    def _should_handle(self, request: HttpRequest) -> bool:
        return super()._should_handle(request) and staff.asked_for_second_factor(self.login.user)
