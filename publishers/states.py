"""Words of the publishers' side that models and querysets share."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Screening(TextChoices):
    """What the public sees of a comment while a machine looks at it."""

    PUBLISH_FIRST = "publish_first", _("Publish first, screen after")
    SCREEN_FIRST = "screen_first", _("Screen first, publish after")


class WhenAway(TextChoices):
    """What becomes of a comment while the site's hook does not answer."""

    PUBLISH = "publish", _("Go on without it")
    HOLD = "hold", _("Hold for a moderator")
    QUEUE = "queue", _("Wait until it answers")


class Role(TextChoices):
    """What a member of a site's staff is there for."""

    OWNER = "owner", _("Owner")
    MODERATOR = "moderator", _("Moderator")
