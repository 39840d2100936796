"""The kinds of reactions that a site offers: a short list in the site's own order.

Kinds that we know by name have our sign, and our word in each of our languages. A site may say
either otherwise, and add kinds of its own. Stored as a list of `Kind`s; typed as a line for each.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import TypedDict

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MOST_KINDS = 8
LONGEST_EMOJI = 16
LONGEST_LABEL = 40
NAME = re.compile(r"[a-z][a-z0-9_-]{0,19}")
#: Symbols, and the marks that join and colour them.
SIGNS = {"So", "Sk", "Sm", "Mn", "Me"}
JOINER = "\u200d"

#: Kinds by the name they go by in addresses, with their sign and word.
KNOWN: dict[str, tuple[str, str | Promise]] = {
    "respect": ("🤝", _("Respect")),
    "insightful": ("💡", _("Insightful")),
    "funny": ("😄", _("Funny")),
    "sad": ("😢", _("Sad")),
    "love": ("❤️", _("Love")),
    "thanks": ("🙏", _("Thanks")),
    "surprising": ("😮", _("Surprising")),
    "angry": ("😠", _("Angry")),
}
USUAL = ("respect", "insightful", "funny", "sad")


class Kind(TypedDict):
    """A kind of reaction on a site. `label` is empty where our own word is used."""

    kind: str
    emoji: str
    label: str


def usual() -> list[Kind]:
    """What a site offers that has not chosen."""
    return [Kind(kind=name, emoji=KNOWN[name][0], label="") for name in USUAL]


def worded(kinds: Iterable[Kind]) -> list[Kind]:
    """Kinds with their words: the site's own, or ours in the language in force."""
    return [Kind({**each, "label": each["label"] or str(KNOWN[each["kind"]][1])}) for each in kinds]


def check(kinds: object) -> None:
    """Raises ValidationError for what is not a list of sound and different kinds."""
    if not isinstance(kinds, list) or not all(map(_is_sound, kinds)):
        raise ValidationError(_("This is not a list of reactions."), code="bad_reactions")
    if len(kinds) > MOST_KINDS:
        raise ValidationError(
            _("At most %(most)s reactions."), code="too_many_reactions", params={"most": MOST_KINDS}
        )
    if len({each["kind"] for each in kinds}) < len(kinds):
        raise ValidationError(_("Each reaction may be there once."), code="reaction_twice")


def read(text: str) -> list[Kind]:
    """Kinds as they are typed, a line each: name, sign, word. Where we know the kind, sign and word
    may be left out. Raises ValidationError, which names the line.
    """
    lines = (line.split(maxsplit=2) for line in text.splitlines())
    return [_read(number, *words) for number, words in enumerate(lines, 1) if words]


def write(kinds: Iterable[Kind]) -> str:
    """The same kinds as lines."""
    return "\n".join(
        " ".join(filter(None, (each["kind"], each["emoji"], each["label"]))) for each in kinds
    )


def _read(number: int, name: str, emoji: str = "", label: str = "") -> Kind:
    kind = Kind(kind=name, emoji=emoji or KNOWN.get(name, ("",))[0], label=label.strip())
    if not _is_sound(kind):
        raise ValidationError(
            _("Line %(line)d is not a reaction: a name in small letters, a sign and a word."),
            code="bad_reactions",
            params={"line": number},
        )
    return kind


def _is_sound(kind: object) -> bool:
    if not isinstance(kind, dict) or kind.keys() != Kind.__annotations__.keys():
        return False
    name, emoji, label = kind["kind"], kind["emoji"], kind["label"]
    return (
        all(isinstance(each, str) for each in (name, emoji, label))
        and NAME.fullmatch(name) is not None
        and _is_sign(emoji)
        and (label.isprintable() and len(label) <= LONGEST_LABEL)
        and bool(label or name in KNOWN)
    )


def _is_sign(emoji: str) -> bool:
    """Whether this is a sign or a few, joined: nothing that could be read as words or markup."""
    parts = emoji.replace(JOINER, "")
    categories = {unicodedata.category(each) for each in parts}
    return len(emoji) <= LONGEST_EMOJI and "So" in categories and categories <= SIGNS
