"""Text folded for comparing: what looks or reads alike becomes the same."""

import unicodedata


def fold(text: str) -> str:
    """`text` in NFKC, without case, marks over Latin letters, and invisible characters."""
    wide = unicodedata.normalize("NFKC", text).casefold()
    apart = unicodedata.normalize("NFD", wide)
    kept = (sign for sign in apart if unicodedata.category(sign) not in {"Mn", "Cf", "Cc"})
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())
