"""Words of notifications that models and the API share."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    """Why a reader is told."""

    REPLY = "reply", _("Somebody replied to your comment")
    DECISION = "decision", _("A moderator decided about your comment")


class DeliveryState(TextChoices):
    """How far a mail has come. `sending` is never tried again: at most once."""

    DUE = "due", _("Due")
    SENDING = "sending", _("Handed to the mail server, no answer yet")
    SENT = "sent", _("Sent")
    SKIPPED = "skipped", _("Not needed any more")
    SET_ASIDE = "set_aside", _("Set aside after a restore; a person releases it")


class AsideReason(TextChoices):
    """Why a delivery was set aside: what is known of whether its reader has it already."""

    PENDING = "pending", _("Was due when the backup was taken")
    BROKEN_OFF = "broken_off", _("Was at the mail server when the backup was taken")
    OLDER = "older", _("Is about a comment from before the restore")
