"""Display names: what may stand above a comment. Pure rules; whose name it may be, and whom it
must not pass for, is said in `services.naming`.

Real names of every script are names: marks and joiners stay where a script needs them.
"""

import re
import unicodedata
from collections.abc import Iterator

from common.lookalikes import taken_for

LONGEST = 50
#: More than this nobody typed as a name; nothing longer is looked at.
LONGEST_TYPED = 1_000
#: Characters nobody sees that are not of a category that says so (Unicode's Default_Ignorable,
#: and the letters that are drawn as a blank).
UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc")
UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
ZERO_WIDTH_SPACE, NON_JOINER, JOINER = "\u200b\u200c\u200d"
#: How many marks one letter carries: two in alphabets (Yoruba, Vietnamese), five in scripts that
#: stack by nature (Tibetan, Burmese).
MOST_MARKS, MOST_NATURAL_MARKS = 2, 5
#: Marks that strike through, tie together, or are small letters: no name is written with them.
NO_NAMES_MARKS = re.compile("[\u0334-\u0338\u035c-\u036f\u20d0-\u20f0]")
GENERAL_MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\ufe20-\ufe2f]")
#: Compatibility letters that names are written with: up to Latin Extended-A (`Mª`, `ĳ`), and small
#: ones above the line (`qʷ`).
LAST_PLAIN, SMALL_LETTERS = "\u017e", re.compile("[\u02b0-\u02b8]")
EAST_ASIAN = frozenset({"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})


class BadName(ValueError):
    """Not a name; `code` says why: empty, too_long, unseen_characters, stacked_marks,
    styled_letters, mixed_scripts, or reserved_name.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def tidy(text: str) -> str:
    """The name as stored: composed (NFC), no space but single ones inside. Raises BadName."""
    if len(text) > LONGEST_TYPED:
        raise BadName("too_long")
    composed = unicodedata.normalize("NFC", text)
    if any(not is_seen(composed, place) for place in range(len(composed))):
        raise BadName("unseen_characters")
    name = " ".join(composed.split())
    if not name:
        raise BadName("empty")
    if any(is_too_much for _mark, is_too_much in _marks(name)):
        raise BadName("stacked_marks")
    if any(map(is_styled, name)):
        raise BadName("styled_letters")
    if len(name) > LONGEST:
        raise BadName("too_long")
    if any(map(is_mixed, words(name))):
        raise BadName("mixed_scripts")
    return name


def tamed(text: str) -> str:
    """A name as near to `text` as may be, "" where nothing of it is one. It never fails: for names
    that come from elsewhere and cannot be asked for again.
    """
    composed = unicodedata.normalize("NFC", text[:LONGEST_TYPED])
    kept = (
        sign if is_seen(composed, place) else " " if sign.isspace() else ""
        for place, sign in enumerate(composed)
    )
    plain = "".join(_plain(sign) for sign in kept)
    few = "".join(sign for sign, is_too_much in _marks(plain) if not is_too_much)
    unmixed = re.sub(r"\S+", lambda word: _unmixed(word[0]), few)
    try:
        return tidy(unmixed[:LONGEST])
    except BadName:
        return ""


def is_seen(text: str, place: int) -> bool:
    """Whether the character at `place` leaves a mark, or its neighbour is written with it."""
    sign = text[place]
    leaves_mark = not (
        unicodedata.category(sign) in UNSEEN_CATEGORIES
        or sign in UNSEEN
        or "\ufe00" <= sign <= "\ufe0f"
        or "\U000e0000" <= sign <= "\U000e0fff"
    )
    return leaves_mark or (place > 0 and _is_written_with(text[place - 1], sign, text[place + 1 :]))


def _is_written_with(before: str, sign: str, rest: str) -> bool:
    """Whether a script needs this unseen `sign` after `before`."""
    script = script_of(before)
    if sign in (JOINER, NON_JOINER) and unicodedata.combining(before) == 9:  # a virama: Indic
        return True
    if sign == NON_JOINER:
        return script == "ARABIC"  # Persian, Kurdish, Urdu
    if sign == ZERO_WIDTH_SPACE:
        return script in ("KHMER", "MYANMAR", "THAI", "LAO")  # between words
    if "\u180b" <= sign <= "\u180f":
        return script == "MONGOLIAN"
    if "\ufe00" <= sign <= "\ufe0e" or "\U000e0100" <= sign <= "\U000e01ef":
        return script == "CJK"  # which of a character's forms a family writes
    is_picture = unicodedata.category(before) in ("So", "Sk") or before == "\ufe0f"
    if sign == JOINER:
        return is_picture and unicodedata.category(rest[:1] or " ") == "So"
    return sign == "\ufe0f" and is_picture


def _marks(name: str) -> Iterator[tuple[str, bool]]:
    """Each character, and whether it is a mark too many on its letter."""
    stack: list[str] | None = None
    for sign in name:
        category = unicodedata.category(sign)
        if category not in ("Mn", "Me"):
            if category != "Mc":
                stack = None if sign.isspace() else []
            yield sign, False
            continue
        most = MOST_MARKS if GENERAL_MARKS.match(sign) else MOST_NATURAL_MARKS
        is_too_much = (
            stack is None
            or sign in stack
            or len(stack) >= most
            or category == "Me"
            or bool(NO_NAMES_MARKS.match(sign))
        ) and not _is_selector(sign)
        if stack is not None:
            stack.append(sign)
        yield sign, is_too_much


def _is_selector(sign: str) -> bool:
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"


def is_styled(sign: str) -> bool:
    """Whether this is an ordinary letter or digit in fancy dress: 𝐀, ⓐ, ａ, ᵃ."""
    if sign <= LAST_PLAIN or SMALL_LETTERS.match(sign):
        return False
    plain = unicodedata.normalize("NFKC", sign)
    return plain.isascii() and plain.isalnum()


def words(name: str) -> list[str]:
    """The runs of a name in which letters stand beside each other."""
    spaced = "".join(sign if _is_of_a_word(sign) else " " for sign in name)
    return spaced.split()


def is_mixed(word: str) -> bool:
    """Whether a word has letters of several scripts, and one that is taken for another's."""
    scripts = {script_of(sign) for sign in word} - {""}
    return len(scripts) > 1 and any(map(_is_disguised, word))


def script_of(sign: str) -> str:
    """The script of a letter, digit or mark by its Unicode name; "" for what many share."""
    if sign.isascii() and not sign.isalpha():
        return ""
    name = unicodedata.name(sign, "")
    first = re.split("[ -]", name, maxsplit=1)[0]
    if first in ("COMBINING", "MODIFIER", "MASCULINE", "FEMININE", "VARIATION", "ZERO"):
        return ""
    if first == "EXTENDED":  # the digits of Persian and Urdu
        return "ARABIC"
    return "CJK" if first in EAST_ASIAN else first


def _is_of_a_word(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LMN" or _is_disguised(sign)


def _is_disguised(sign: str) -> bool:
    """Whether a character that is none of the Latin alphabet is taken for one, or for a digit."""
    if sign < "\u0100" or script_of(sign) == "LATIN":
        return False
    taken = taken_for(sign)
    return taken.isascii() and taken.isalnum()


def _plain(sign: str) -> str:
    return unicodedata.normalize("NFKC", sign) if sign and is_styled(sign) else sign


def _unmixed(word: str) -> str:
    if not any(map(is_mixed, words(word))):
        return word
    return "".join(taken_for(sign) if _is_disguised(sign) else sign for sign in word)
