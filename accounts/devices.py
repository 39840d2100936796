"""What a browser says of itself, in words a reader knows their devices by. Pure rules."""

import re

#: In this order: most name themselves beside those whose engine they use.
PROGRAMS = (
    ("KAKAOTALK", "KakaoTalk"),
    ("NAVER(inapp", "NAVER"),
    (" Line/", "LINE"),
    ("Whale/", "Whale"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
#: An app that names itself as HTTP programs do: `NewsReader/2.1 (…)`.
PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9 ._-]{0,29}(?=/)", re.ASCII)


def describe(user_agent: str) -> str:
    """`Firefox · Windows`, `KakaoTalk · iPhone`, `NewsReader`; empty where nothing is known."""
    program = _first(PROGRAMS, user_agent)
    if not program and (product := PRODUCT.match(user_agent)) and product[0] != "Mozilla":
        program = product[0]
    return " · ".join(filter(None, (program, _first(SYSTEMS, user_agent))))


def _first(known: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in known if mark in user_agent), "")
