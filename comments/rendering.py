"""Limited Markdown to HTML: the one way a reader's text becomes markup, previews included.

Emphasis, strong, strike, links, lists, quotes, code and line breaks; no images, headings, tables
or raw HTML. What the parser makes is sanitised again, so that neither has to be perfect.
"""

import re
import unicodedata
from html import unescape

import nh3
from linkify_it import LinkifyIt
from markdown_it import MarkdownIt

#: Stored beside the HTML: a comment rendered by an older version is rendered anew when edited.
RENDERER_VERSION = 2
#: The parser's time grows faster than the text on hostile input; at this length it stays bounded.
LONGEST_BODY = 10_000

TAGS = {"p", "br", "em", "strong", "s", "a", "ul", "ol", "li", "blockquote", "code", "pre"}
SCHEMES = {"https", "http", "mailto"}

_RULES = [
    "blockquote",
    "list",
    "fence",
    "paragraph",
    "newline",
    "emphasis",
    "strikethrough",
    "backticks",
    "autolink",
    "linkify",
    "escape",
    "entity",
    "balance_pairs",
    "fragments_join",
]
#: A link says where it leads wherever it is shown: on publishers' pages, the desk, in apps.
_ABSOLUTE = re.compile(r"(?:https?://|mailto:)[^\s\\]+", re.IGNORECASE)


def _parser(*more: str) -> MarkdownIt:
    parser = MarkdownIt("zero", {"linkify": True, "breaks": True}).enable([*_RULES, *more])
    # The library is told so by putting another function in a method's place; mypy minds that.
    parser.validateLink = lambda url: _ABSOLUTE.fullmatch(url) is not None  # type: ignore[method-assign]
    return parser


# Looking for the other end of each of ten thousand brackets took longest of all texts. Where none
# is followed by an address, none of them begins a link, and nobody looks.
_with_named_links, _without_named_links = _parser("link"), _parser()
_links = LinkifyIt()
#: The zero-width joiners that scripts and emoji need stay; what only hides text or turns it goes.
_UNSEEN = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u206f\ufeff]")
_BIDI_OVERRIDES = re.compile("[\u202a-\u202e]")
_ADDRESS = re.compile(r"\S*(?:://|\bwww\.)\S*", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^>]*>")
_BLOCK_END = re.compile(r"</(?:p|li|blockquote|pre)>|<br ?/?>")


def clean(body: str) -> str:
    """`body` as it is stored: NFC, line ends as `\\n`, no control or invisible characters."""
    text = unicodedata.normalize("NFC", body).replace("\r\n", "\n").replace("\r", "\n")
    text = _BIDI_OVERRIDES.sub("", _UNSEEN.sub("", text))
    kept = (sign for sign in text if sign in "\n\t" or unicodedata.category(sign) != "Cc")
    return "".join(kept).strip()


def to_html(body: str) -> str:
    """Safe HTML of a comment's text. Pure; about a millisecond for an ordinary comment."""
    return nh3.clean(
        (_with_named_links if "](" in body else _without_named_links).render(body),
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes=SCHEMES,
        url_relative="deny",
        link_rel="nofollow ugc noopener",
        strip_comments=True,
    ).strip()


def to_text(html: str, *, longest: int | None = None) -> str:
    """Plain words of rendered HTML, on one line: for mails and lists. Cut at a word."""
    words = " ".join(unescape(_ANY_TAG.sub("", _BLOCK_END.sub(" ", html))).split())
    if longest is None or len(words) <= longest:
        return words
    cut = words[: longest - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[longest // 2 :] else cut).rstrip() + "…"


def without_links(text: str) -> str:
    """Plain words in which nothing is left that a mail program would make a link of."""
    words = _ADDRESS.sub("[…]", text)
    for link in reversed(_links.match(words) or []):
        words = f"{words[: link.index]}[…]{words[link.last_index :]}"
    return words


def links_in(html: str) -> int:
    """How many links the rendered text has."""
    return html.count("<a ")
