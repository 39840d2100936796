"""The words for states: stored as they go over the wire."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Status(TextChoices):
    """Where a comment stands. Only `services.lifecycle` moves one."""

    SCREENING = "screening", _("A machine is looking at it")
    HELD = "held", _("Waits for a moderator")
    PUBLISHED = "published", _("Published")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn by its author")
    ERASED = "erased", _("Erased by law")


#: From where to where a comment may go. WITHDRAWN is final, its author's word; ERASED, the law's,
#: may follow anything. `StatusChange` refuses rows that are not here, and the database refuses a
#: status without its row.
ALLOWED: dict[Status, frozenset[Status]] = {
    Status.SCREENING: frozenset(
        {Status.HELD, Status.PUBLISHED, Status.REJECTED, Status.WITHDRAWN, Status.ERASED}
    ),
    Status.HELD: frozenset({Status.PUBLISHED, Status.REJECTED, Status.WITHDRAWN, Status.ERASED}),
    Status.PUBLISHED: frozenset({Status.HELD, Status.REJECTED, Status.WITHDRAWN, Status.ERASED}),
    # undone, or an appeal upheld
    Status.REJECTED: frozenset({Status.HELD, Status.PUBLISHED, Status.WITHDRAWN, Status.ERASED}),
    Status.WITHDRAWN: frozenset({Status.ERASED}),
    Status.ERASED: frozenset(),
}

#: Its author may see, edit and withdraw it, the public may not (yet).
UNPUBLISHED = (Status.SCREENING, Status.HELD, Status.REJECTED)

#: Its author's word, or the law's: no machine has a say in it any more.
GONE = (Status.WITHDRAWN, Status.ERASED)


class ThreadState(TextChoices):
    """Whether a thread takes comments; `off`: it is not even shown."""

    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")
    OFF = "off", _("Off")


class PublicThreadState(TextChoices):
    """What the public hears of a thread's state."""

    OPEN = "open"
    CLOSED = "closed"


class Outcome(TextChoices):
    """What a phase of screening makes of a draft."""

    PASS = "pass", _("Pass")
    HOLD = "hold", _("Hold")
    REJECT = "reject", _("Reject")


class Counted(TextChoices):
    """What `Tally` rows change."""

    COMMENTS = "comments", _("Published comments of a thread, by language, and of their author")
    REPLIES = "replies", _("Published descendants of a comment")
    UP = "up", _("Up votes")
    DOWN = "down", _("Down votes")
    REACTIONS = "reactions", _("Reactions to a comment, by kind")
    FLAGS = "flags", _("Reports of a comment, and of its author's comments")
    REJECTED = "rejected", _("Rejected comments of an author")
    WITHDRAWN = "withdrawn", _("Withdrawn comments of an author")


class Sort(TextChoices):
    """Orders in which a thread can be read (`ranking`), the first unless asked otherwise."""

    BEST = "best", _("Best first")
    NEWEST = "newest", _("Newest first")
    OLDEST = "oldest", _("Oldest first")
    TOP = "top", _("Best rated first")
    DISCUSSED = "discussed", _("Most discussed first")
