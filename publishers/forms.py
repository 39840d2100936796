"""Fields of the forms in which a site is set up: in the admin, and on the desk."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from publishers import reactions

HELP = _(
    "A line each: name, sign and word, as in “tea 🍵 With tea”. For {known} the name is enough. "
    "Empty: no reactions."
)


class ReactionLines(forms.CharField):
    """A site's reactions, a line each; none: no reactions."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Reactions"),
            required=False,
            max_length=1_000,
            help_text=format_lazy(HELP, known=", ".join(reactions.KNOWN)),
            widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        )

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else reactions.write(value or ())

    def clean(self, value: Any) -> Any:
        kinds = reactions.read(super().clean(value))
        reactions.check(kinds)
        return kinds

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)
