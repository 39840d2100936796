"""Bodies, headers and queries that no client of good will sends. Each must be refused, cheaply."""

import bz2
import json
from dataclasses import dataclass, field

JSON = "application/json"
BOUNDARY = "edge"


@dataclass(frozen=True)
class Request:
    """What is sent: bytes, what they are said to be, and headers beside that."""

    name: str
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def _parts(count: int) -> bytes:
    part = b'--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
    return part * count + b"--edge--\r\n"


MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
FORM = "application/x-www-form-urlencoded"

#: Charsets that are none; a server takes them off before Django sees them.
CHARSETS = [
    Request(
        "compressed, by its charset", bz2.compress(b"a" * 50_000_000), f"{JSON}; charset=bz2_codec"
    ),
    Request("sound, of a charset that is none", b"{}", f"{JSON}; charset=bz2_codec"),
    Request("a form of a charset that is none", b"a=b", f"{FORM}; charset=bz2_codec"),
    Request("parts of a charset that is none", _parts(3), f"{MULTIPART}; charset=bz2_codec"),
]
#: Nothing that reads a body may take any of these for something to do.
BODIES = [
    Request("ten megabytes", b'{"body": "' + b"a" * 10_000_000 + b'"}'),
    Request("a hundred thousand lists deep", b"[" * 100_000),
    Request("a hundred thousand objects deep", b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    Request("ten thousand parts", _parts(10_000), MULTIPART),
    Request("ten thousand fields", b"&".join([b"a=b"] * 10_000), FORM),
    Request("parts that never end", _parts(3)[:40], MULTIPART),
    Request("parts without a border", b"a", "multipart/form-data"),
    Request("JSON said to be text", b"{}", "text/plain"),
    Request("XML", b"<a/>", "application/xml"),
    Request("a content type that is none", b"{}", "ABC"),
    Request("not a number", b'{"value": NaN}'),
    Request("infinity", b'{"value": -Infinity}'),
    Request("half a character", b'{"body": "\\ud800"}'),
    Request("half a character, raw", b'{"body": "\xed\xa0\x80"}'),
    Request("not UTF-8", b'{"body": "\xff"}'),
    Request("UTF-16", json.dumps({"body": "a"}).encode("utf-16")),
    Request("a byte order mark", b"\xef\xbb\xbf{}"),
    Request("no end", b'{"body": "a'),
    Request("twice", b"{}{}"),
    Request("a list", b"[]"),
    Request("a text", b'"a"'),
    Request("a number", b"1"),
    Request("a long number", b"1" * 10_000),
]
#: Values for a field that takes a text, a number or an id: none is any of these.
VALUES: list[object] = [
    None,
    True,
    0.5,
    10**30,
    -1,
    [],
    ["a"],
    {},
    {"$ne": None},
    "\x00",
    "a\x00b",
    "a" * 100_000,
]


def _long(unit: str, end: str = "") -> str:
    return unit * ((10_000 - len(end)) // len(unit)) + end


#: What readers of Markdown, of links, of tags and of names take longest over, 10 000 characters.
TEXTS = [
    _long("["),
    _long("!["),
    _long("![]("),
    _long("[a]("),
    _long("[a](<"),
    _long("*a "),
    _long("**a *a "),
    _long("_a_*"),
    _long("`a``"),
    _long("> "),
    _long(">- "),
    _long("- a\n  "),
    _long("1. "),
    _long("<"),
    _long("<a "),
    _long("<!--"),
    _long("&"),
    _long("&#"),
    _long("&amp"),
    _long("\\"),
    _long("~~a"),
    _long("http://a.b "),
    _long("http://"),
    _long("www."),
    _long("a@"),
    _long("a@b.c,"),
    _long("a."),
    _long("a", "!"),
    _long(" ", "a"),
    _long("\n", "a"),
    _long("\t"),
    _long("\u0301"),
    _long("a\u0301\u0323"),
    _long("\u200b"),
    _long("\u202e"),
    _long("\ufdfa"),
    _long("가"),
    _long("ᄀ"),
    _long("👩‍👩‍👧‍👦"),
    _long("𝓪"),
    _long("()"),
    _long("(((((((((("),
    _long("|a"),
    _long("a|b\n-|-\n"),
    _long("```\n"),
    _long("\u00a0"),
]
