"""Words of the publishers' side that models and querysets share."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Screening(TextChoices):
    """What the public sees of a comment while a machine looks at it."""

    PUBLISH_FIRST = "publish_first", _("Publish first, screen after")
    SCREEN_FIRST = "screen_first", _("Screen first, publish after")


class Role(TextChoices):
    """What a member of a site's staff is there for."""

    OWNER = "owner", _("Owner")
    MODERATOR = "moderator", _("Moderator")
