"""Why signing in with a provider came to nothing, each with a sentence for the reader."""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from accounts.services.mail_domains import MailRefused
from common.away import Unavailable
from common.errors import Refusal


class ProviderRefused(Refusal):
    """What the provider said did not check out."""

    code: ClassVar[str] = "provider_refused"
    detail = _("Signing in there did not work. Try again, or choose another way.")


class Cancelled(Refusal):
    """The reader said no at the provider."""

    code: ClassVar[str] = "provider_cancelled"
    detail = _("You did not sign in there. Nothing was changed.")


class NotBegunHere(Refusal):
    """An answer to a question that this browser did not ask, or asked long ago, or once already."""

    code: ClassVar[str] = "provider_state_unknown"
    detail = _("This sign-in was not begun in this browser, or is over. Please start again.")


class ProviderAway(Unavailable):
    """The provider does not answer, or nothing that makes sense."""

    code: ClassVar[str] = "provider_away"
    detail = _("We cannot reach that sign-in right now. Try again in a minute, or another way.")
    wait: ClassVar[int] = 30


class TooManyTries(Refusal):
    """As many sign-ins were begun from one address as may be in a minute."""

    code: ClassVar[str] = "rate_limited"
    status: ClassVar[int] = 429
    detail = _("Too many tries. Wait a minute, then try again.")


FAULTS: dict[str, type[Refusal]] = {
    fault.code: fault
    for fault in (Cancelled, MailRefused, NotBegunHere, ProviderAway, ProviderRefused, TooManyTries)
}
