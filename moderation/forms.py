"""What a moderator sends from the desk."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import LONGEST_LOCK_REASON
from comments import reasons
from moderation.states import Ruling

LONGEST_NOTE = 500
#: Reasons in a word, for lists and status lines; the author reads `comments.reasons.TEXTS`.
SHORT = {
    "long": _("Length"),
    "links": _("Links"),
    "listed_word": _("Listed word"),
    "repeated": _("Repeated text"),
    "abuse": _("Abuse"),
    "spam": _("Spam"),
    "off_topic": _("Off topic"),
    "personal_information": _("Personal information"),
    "other": _("Other"),
    "held_elsewhere": _("Moved in, undecided"),
    "rejected_elsewhere": _("Moved in, rejected"),
}


#: What the desk offers for slow mode, in seconds: between comments, and until it ends (0: never).
PAUSES = (10, 30, 60, 300, 900)
DURATIONS = (3_600, 4 * 3_600, 24 * 3_600, 0)


class PaceForm(forms.Form):
    """Slow mode of a thread: `seconds` between a reader's comments (0: lift it), `duration`."""

    seconds = forms.TypedChoiceField(choices=[(each, each) for each in (0, *PAUSES)], coerce=int)
    duration = forms.TypedChoiceField(
        choices=[(each, each) for each in DURATIONS], coerce=int, required=False, empty_value=None
    )


#: For how many days the desk locks a name.
LOCKS = ((1, _("1 day")), (7, _("7 days")), (30, _("30 days")), (365, _("1 year")))


class NameLockForm(forms.Form):
    """A reader's name stays as it is for some `days`, with a reason for the log (0: unlock it)."""

    days = forms.TypedChoiceField(choices=[(0, ""), *LOCKS], coerce=int)
    reason = forms.CharField(max_length=LONGEST_LOCK_REASON, required=False)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("days") and not found.get("reason"):
            self.add_error("reason", _("Say why in a few words: it is kept in the log."))
        return found


class DecisionForm(forms.Form):
    """A ruling on one case. Whether a reason is needed is the service's to say."""

    ruling = forms.ChoiceField(choices=Ruling.choices)
    reason = forms.ChoiceField(
        choices=[(code, SHORT[code]) for code in reasons.FOR_DECISIONS], required=False
    )
    note = forms.CharField(
        max_length=LONGEST_NOTE,
        required=False,
        error_messages={
            "max_length": _("Keep the sentence under %(limit_value)d characters."),
        },
    )

    seen = forms.UUIDField(required=False)

    def clean_ruling(self) -> Ruling:
        return Ruling(self.cleaned_data["ruling"])

    def reasons(self) -> list[dict[str, Any]]:
        """The reasons to choose from: code, a word, what the author will read, chosen or not."""
        return [
            {
                "code": code,
                "word": SHORT[code],
                "text": reasons.TEXTS[code],
                "chosen": self.data.get("reason") == code,
            }
            for code in reasons.FOR_DECISIONS
        ]
