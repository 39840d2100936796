"""Display names: what may stand above a comment. Pure rules."""

import unicodedata

LONGEST = 50
#: Characters nobody sees that are not of a category that says so (Unicode's Default_Ignorable).
UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class BadName(ValueError):
    """Not a name; `code` says why: empty, too_long or unseen_characters."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def tidy(text: str) -> str:
    """The name as stored: composed (NFC), no space but single ones inside. Raises BadName."""
    if any(is_unseen(character) for character in text):
        raise BadName("unseen_characters")
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise BadName("empty")
    if len(name) > LONGEST:
        raise BadName("too_long")
    return name


def tamed(text: str) -> str:
    """What is left of `text` as a name: "" where nothing is. For names that come from elsewhere
    and cannot be asked for again: it never fails.
    """
    seen = "".join(character for character in text[:1_000] if not is_unseen(character))
    return " ".join(unicodedata.normalize("NFC", seen).split())[:LONGEST].strip()


def is_unseen(character: str) -> bool:
    """Whether a character leaves no mark: controls, zero widths, variation selectors."""
    return (
        unicodedata.category(character) in UNSEEN_CATEGORIES
        or character in UNSEEN
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0000" <= character <= "\U000e0fff"
    )
