"""Words of moderation that models and the API share."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class FlagReason(TextChoices):
    """Why a reader reports a comment."""

    ABUSE = "abuse", _("It attacks or insults people")
    SPAM = "spam", _("It is advertising or spam")
    OFF_TOPIC = "off_topic", _("It is not about the article")
    PERSONAL_INFORMATION = "personal_information", _("It shows personal information")
    OTHER = "other", _("Something else")


class Ruling(TextChoices):
    """What a decision does with a comment."""

    PUBLISH = "publish", _("Publish")
    REJECT = "reject", _("Reject")


class Queue(TextChoices):
    """The desk's queues: views over open cases. A case may stand in both."""

    HELD = "held", _("Held")
    REPORTED = "reported", _("Reported")


class WordAction(TextChoices):
    """What a listed word does to a comment that has it."""

    HOLD = "hold", _("Hold for a moderator")
    REJECT = "reject", _("Reject")
