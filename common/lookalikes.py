"""What looks alike: letters and digits that readers take for others (UTS #39, confusables)."""

import unicodedata
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_suffix(".txt")
STROKES = str.maketrans({"i": "l", "1": "l", "|": "l", "0": "o"})
#: Which the table leaves apart from the letters they repeat.
SMALL_CAPITALS = {
    **dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢĸ", "abcdefghijklnoprstuvwyzk", strict=True)),
    "ᴍ": "rn",
    "ʍ": "rn",
}


def skeleton(text: str) -> str:
    """The same for texts that look the same to a careless eye. To compare, never to show.

    Case, width, marks over Latin letters and invisible characters make no difference; nor does,
    beyond the table, whether a stroke is an i, an l or a 1. In other scripts marks stay: か is
    not が.
    """
    plain = _table().get
    once = (plain(sign, sign) for sign in unicodedata.normalize("NFKC", text))
    twice = (plain(sign, sign) for sign in "".join(once).casefold())
    kept: list[str] = []
    over_latin = False
    for sign in unicodedata.normalize("NFKD", "".join(twice)):
        category = unicodedata.category(sign)
        if category in ("Cf", "Cc") or (category == "Mn" and over_latin):
            continue
        if category != "Mn":
            over_latin = sign.isascii()
        kept.append(sign)
    folded = "".join(kept).casefold().replace("vv", "w").translate(STROKES)
    return unicodedata.normalize("NFC", folded)


def taken_for(character: str) -> str:
    """What a character is taken for: itself, where it is not in the table."""
    wide = unicodedata.normalize("NFKC", character)
    return _table().get(wide, _table().get(character, wide))


@cache
def _table() -> dict[str, str]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    pairs = (line.split(" ", 1) for line in lines if not line.startswith("#"))
    same = {sign: prototype for prototype, signs in pairs for sign in signs}
    return {**same, **SMALL_CAPITALS, "m": "rn", "I": "l", "1": "l", "0": "O"}
