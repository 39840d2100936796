"""Words of articles that models and the API share."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from comments.states import ThreadState


class CommentsSwitch(TextChoices):
    """Whether an article's readers may comment."""

    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed: readable, no new comments")
    OFF = "off", _("Off: not shown")

    @property
    def thread_state(self) -> ThreadState:
        """What the switch makes of the article's threads."""
        return ThreadState(self.value)


class PickedBy(TextChoices):
    """Who chose a related article."""

    EDITOR = "editor", _("An editor")
    LIKENESS = "likeness", _("Likeness of the texts")
    NEWEST = "newest", _("Nothing nearer: the newest")
