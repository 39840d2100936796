"""What a moderator sends from the desk."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

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
