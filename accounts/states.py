"""Words of the accounts' side that models, querysets and services share."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class TokenKind(TextChoices):
    """What a token is for. Neither kind acts as staff."""

    APP = "app", _("App: the whole account")
    READER = "reader", _("Reader: one site")


class Standing(TextChoices):
    """Whether a token opens the door, and where not, why. The values are codes of the API."""

    LIVE = "live"
    REVOKED = "token_revoked"
    EXPIRED = "token_expired"
    STALE = "token_stale"  # the account's password changed since
    INACTIVE = "account_inactive"


class Barrier(TextChoices):
    """Why a publisher lets a reader not comment. The values are codes of the API."""

    SUBSCRIBERS = "subscribers_only", _("Only subscribers can comment here.")
    VERIFIED = "verified_only", _("Only readers with a verified account can comment here.")
    PUBLISHER = "by_publisher", _("You can read here, but not comment.")


class MailStanding(TextChoices):
    """What holds for a mail domain."""

    ALLOWED = "allowed", _("Allowed")
    DOUBTED = "doubted", _("Doubted: new accounts sooner have to prove they are no machine")
    REFUSED = "refused", _("Refused: no new accounts")
