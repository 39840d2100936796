"""Why a comment waits or was rejected, in words for its author. The codes are stored and sent."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, Promise] = {
    # found by a machine
    "long": _("It is much longer than most comments, so a moderator will read it first."),
    "links": _("It has several links, so a moderator will read it first."),
    "listed_word": _("It has a word that this site looks at more closely."),
    "repeated": _("The same text was already posted on this site."),
    "hook": _("This site's own check found something in it."),
    "hook_away": _("This site's own check did not answer, so a moderator will read it first."),
    # decided by a person
    "abuse": _("It attacks or insults people."),
    "spam": _("It advertises, or repeats what was posted elsewhere."),
    "off_topic": _("It is not about this article."),
    "personal_information": _("It shows someone's personal information."),
    "other": _("It breaks the rules of this site."),
}
#: So it was in the system that the comment came from.
FROM_ELSEWHERE: dict[str, Promise] = {
    "held_elsewhere": _("It was waiting for a moderator when it came here from another system."),
    "rejected_elsewhere": _("It had been rejected when it came here from another system."),
}
#: What a moderator may choose from when rejecting.
FOR_DECISIONS = ("abuse", "spam", "off_topic", "personal_information", "other")


def explain(code: str, note: str = "") -> dict[str, str]:
    """`{code, text}` in the current language; a moderator's own words come after the rule's."""
    text = str(TEXTS.get(code) or FROM_ELSEWHERE.get(code) or TEXTS["other"])
    return {"code": code, "text": f"{text} {note}".strip()}
