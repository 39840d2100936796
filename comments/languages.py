"""The language of a comment, by the script it is written in and the page it is written on.

Cheap enough for the request; the detector's model lives in workers only.
"""

import re
import unicodedata
from collections import Counter

#: Scripts that name a language by themselves (Han alone is Chinese unless the page is Japanese).
BY_SCRIPT = {"HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja", "THAI": "th", "HEBREW": "he"}
#: Scripts shared by many languages: the page's, if it uses that script; else the most common one.
SHARED = {
    "ARABIC": ("ar", {"ar", "fa", "ur"}),
    "CYRILLIC": ("ru", {"ru", "uk", "bg", "sr", "kk", "mn"}),
    "CJK": ("zh", {"zh", "ja"}),
    "DEVANAGARI": ("hi", {"hi", "mr", "ne"}),
    "GREEK": ("el", {"el"}),
}
NOT_LATIN = {*BY_SCRIPT.values(), *(code for _, codes in SHARED.values() for code in codes)}
LOOKED_AT = 500
HAS_LETTERS = re.compile("[A-Za-z]")


def of(body: str, *, locale: str) -> str:
    """A language tag (`ko`) for `body` written on a page in `locale`.

    The page's language where the text has no letters. A text with kana is Japanese however much
    Han it has; elsewhere the most frequent script decides.
    """
    page = locale.split("-")[0].lower()
    if body.isascii():  # most texts: Latin letters, or none
        return "en" if page in NOT_LATIN and HAS_LETTERS.search(body) else page
    scripts = Counter(_script(sign) for sign in body[:LOOKED_AT] if sign.isalpha())
    if not scripts:
        return page
    if scripts["HIRAGANA"] + scripts["KATAKANA"] > 0 and scripts["CJK"] > scripts["HANGUL"]:
        return "ja"
    script = scripts.most_common(1)[0][0]
    if script in BY_SCRIPT:
        return BY_SCRIPT[script]
    if script in SHARED:
        common, family = SHARED[script]
        return page if page in family else common
    return "en" if page in NOT_LATIN else page


def _script(sign: str) -> str:
    return unicodedata.name(sign, "UNKNOWN").split(" ")[0].split("-")[0]
