"""Text folded for comparing: what looks or reads alike becomes the same."""

import unicodedata

UNSEEN = {"Cf", "Cc"}


def fold(text: str) -> str:
    """`text` in NFKC, without case, marks over Latin letters, and invisible characters; runs of
    space are one space.

    Marks stay in other scripts, where they make another word: か is not が.
    """
    wide = unicodedata.normalize("NFKC", text).casefold()
    kept: list[str] = []
    over_latin = False
    for sign in unicodedata.normalize("NFD", wide):
        category = unicodedata.category(sign)
        if category == "Mn" and over_latin:
            continue
        if category in UNSEEN and not sign.isspace():
            continue
        if category != "Mn":
            over_latin = unicodedata.name(sign, "").startswith("LATIN")
        kept.append(sign)
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())
