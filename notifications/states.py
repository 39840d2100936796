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
