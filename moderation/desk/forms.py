"""What is sent from the desk's pages about a site itself."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from articles.api.serializers import RelatedInput
from articles.states import CommentsSwitch
from common import clock
from moderation.models import ListedWord
from publishers import roles
from publishers.forms import ReactionLines
from publishers.models import Site, StaffMembership
from publishers.services import keys, sso_keys
from publishers.states import Role, Scope

#: For how long an old key goes on beside the new one, in seconds, and in words.
OVERLAPS = list(
    zip(
        (int(each.total_seconds()) for each in keys.OVERLAPS),
        (_("at once"), _("in 1 hour"), _("in 1 day"), _("in 7 days")),
        strict=True,
    )
)
#: After how many days a new key ends; 0: it does not.
LASTS = [(0, _("does not end")), (30, _("30 days")), (90, _("90 days")), (365, _("1 year"))]


class InvitationForm(forms.Form):
    """An address and a role, one of those that the asker may give."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, own: StaffMembership, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = [(role, role.label) for role in roles.appointable_by(own.role)]
        self.fields["role"].choices = given  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["role"].initial = Role.MODERATOR

    def clean_role(self) -> Role:
        return Role(self.cleaned_data["role"])


class MemberForm(forms.Form):
    """Somebody on the staff, and the role they are to have. Whether that may be, services say."""

    user = forms.UUIDField()
    role = forms.TypedChoiceField(choices=Role.choices, coerce=Role, required=False)


class WithdrawalForm(forms.Form):
    invitation = forms.UUIDField()


class KeyForm(forms.Form):
    """A new key: what it is for, what it opens, when it ends."""

    name = forms.CharField(label=_("What it is for"), max_length=100)
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        initial=Scope.values,
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(label=_("Ends after"), choices=LASTS, coerce=int)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        days = found.pop("days", 0)
        found["expires_at"] = clock.now() + timedelta(days=days) if days else None
        return found


class KeyRotationForm(forms.Form):
    """When the key that is replaced ends."""

    overlap = forms.TypedChoiceField(
        choices=OVERLAPS, coerce=lambda seconds: timedelta(seconds=int(seconds))
    )


class SsoKeyForm(forms.Form):
    """A new key for single sign-on: a public one where one is given, else a secret."""

    name = forms.CharField(label=_("What it is for"), max_length=100)
    public_key = forms.CharField(
        label=_("Public key (PEM)"),
        max_length=sso_keys.LONGEST_PEM,
        required=False,
        help_text=_("Ed25519, P-256 or RSA. Empty: we make a secret for HS256."),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "dir": "ltr"}),
    )

    def clean_public_key(self) -> str:
        pem = str(self.cleaned_data["public_key"])
        if pem:
            sso_keys.algorithm_of(pem)
        return pem


class WordForm(forms.ModelForm):
    """A word or phrase, and what becomes of a comment that has it."""

    class Meta:
        model = ListedWord
        fields = ("word", "action")
        labels: ClassVar = {"word": _("Word or phrase"), "action": _("A comment with it")}


class SettingsForm(forms.ModelForm):
    """What an owner decides about their site. Its origins are an operator's to register: they say
    where readers' sign-ins are handed to.
    """

    reactions = ReactionLines()

    class Meta:
        model = Site
        fields = (
            "name",
            "screening",
            "readers_open_threads",
            "edit_window_seconds",
            "hold_over_characters",
            "hold_over_links",
            "hook_url",
            "hook_when_away",
            "reactions",
        )
        labels: ClassVar = {
            "name": _("Name of the site"),
            "screening": _("What readers see before screening"),
            "readers_open_threads": _("Readers open conversations"),
            "edit_window_seconds": _("Seconds to edit a comment"),
            "hold_over_characters": _("Hold over so many characters"),
            "hold_over_links": _("Hold over so many links"),
            "hook_url": _("Address of the hook"),
            "hook_when_away": _("When the hook is away"),
        }


class SwitchForm(forms.Form):
    """Whether readers may comment; empty: as the article's section says."""

    comments = forms.TypedChoiceField(
        choices=[("", ""), *CommentsSwitch.choices],
        coerce=CommentsSwitch,
        empty_value=None,
        required=False,
    )


class PublicationForm(forms.Form):
    """Whether an article's page is there."""

    published = forms.TypedChoiceField(
        choices=[("yes", ""), ("no", "")], coerce=lambda word: word == "yes"
    )


class SectionForm(forms.Form):
    """A section, and whether readers may comment on its articles."""

    section = forms.UUIDField()
    comments = forms.TypedChoiceField(choices=CommentsSwitch.choices, coerce=CommentsSwitch)


class RelatedForm(forms.Form):
    """An edition's related links, a line each: an article's id, or an address and a title."""

    edition = forms.UUIDField()
    links = forms.CharField(max_length=50_000, required=False)

    def clean_links(self) -> list[dict[str, str]]:
        lines = self.cleaned_data["links"].splitlines()
        found = [_link(line) for line in lines if line.strip()]
        for number, link in enumerate(found, 1):
            if not RelatedInput(data=link).is_valid():
                raise forms.ValidationError(
                    _("Line %(line)d is neither an article's id nor an address with a title."),
                    params={"line": number},
                )
        return found


def _link(line: str) -> dict[str, str]:
    address, _space, title = line.strip().partition(" ")
    if not title and "/" not in address:
        return {"external_id": address}
    return {"url": address, "title": title.strip()}
