"""HTML of other systems to our Markdown: for comments that were written elsewhere. Pure.

Headings become strong lines, images links; rules and what only styles go. Nothing here makes text
safe: what comes out is rendered by `comments.rendering` like anybody's typing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from comments.rendering import SCHEMES

#: Elements inside elements; what nests deeper is read as if it did not.
DEEPEST = 100
VOID = {"br", "img", "hr", "wbr", "input", "col", "source", "link", "meta"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
CONTAINERS = {"div", "section", "article", "body", "html", "details", "table", "tbody", "tr", "td"}
BLOCKS = {"p", "ul", "ol", "li", "blockquote", "pre", "hr", *HEADINGS, *CONTAINERS}
UNSEEN = {"script", "style", "head", "title", "template"}
MARKS = {
    "em": "*",
    "i": "*",
    "strong": "**",
    "b": "**",
    "s": "~~",
    "strike": "~~",
    "del": "~~",
}
_SPACES = re.compile(r"[ \t\r\n\f]+")
#: What Markdown would read as markup within a line; underscores inside a word mean nothing to it.
_MARKUP = re.compile(r"[\\`*\[\]<]|(?<![^\W_])_|_(?![^\W_])|~(?=~)|(?<=~)~|&(?=#?\w+;)")
_LINE_START = re.compile(r"^(\d{1,9})([.)])(?=\s|$)|^([-+](?=\s|$)|>)")
_PLAIN_TARGET = re.compile(r"[^\s()<>\\]+")
_AWKWARD = {" ": "%20", "<": "%3C", ">": "%3E", "\\": "%5C", "\n": "", "\r": "", "\t": ""}


@dataclass
class Node:
    """An element, with its attributes and children in order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Node | str"] = field(default_factory=list)


def to_markdown(html: str, *, base: str = "") -> str:
    """Our Markdown for `html`; links are taken as relative to the page at `base`."""
    return _Writer(base).blocks(_parse(html)).strip()


def to_plain(html: str) -> str:
    """The words of `html`, its paragraphs apart by empty lines."""
    return "\n\n".join(text for text in _paragraphs(_parse(html)) if text)


class _Tree(HTMLParser):
    """Builds nodes; forgives what is not closed, or closed twice."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Node("body")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS and self.open[-1].tag == "p":
            self.open.pop()
        if tag == "li" and self.open[-1].tag == "li":
            self.open.pop()
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID and len(self.open) < DEEPEST:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        tags = [node.tag for node in self.open]
        if tag in tags[1:]:
            del self.open[len(tags) - 1 - tags[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def _parse(html: str) -> Node:
    tree = _Tree()
    tree.feed(html)
    tree.close()
    return tree.open[0]


class _Writer:
    """Writes nodes as Markdown."""

    def __init__(self, base: str) -> None:
        self.base = base

    def blocks(self, node: Node, *, between: str = "\n\n") -> str:
        """The children of a container, each block apart; loose words become paragraphs."""
        written, loose = [], Node("p")
        for child in [*node.children, Node("hr")]:
            if isinstance(child, str) or child.tag not in BLOCKS:
                loose.children.append(child)
                continue
            written += [self._paragraph(loose), self._block(child)]
            loose = Node("p")
        return between.join(text for text in written if text)

    def _block(self, node: Node) -> str:
        if node.tag in HEADINGS:
            words = self._inline(node, inside=frozenset({"**"}))
            return f"**{' '.join(words.split())}**" if words.strip() else ""
        if node.tag == "blockquote":
            return "\n".join(f"> {line}".rstrip() for line in self.blocks(node).split("\n"))
        if node.tag in {"ul", "ol"}:
            return self._list(node)
        if node.tag == "pre":
            return _fenced(_text(node).strip("\n"))
        if node.tag == "hr":
            return ""
        return self._paragraph(node) if node.tag == "p" else self.blocks(node)

    def _list(self, node: Node) -> str:
        items = [
            _item(child) for child in node.children if isinstance(child, Node) or child.strip()
        ]
        within = [each for item in items for each in item.children]
        loose = any(isinstance(each, Node) and each.tag == "p" for each in within)
        start = node.attributes.get("start", "1")
        number = int(start) if start.isascii() and start.isdigit() and len(start) < 7 else 1
        written = []
        for offset, item in enumerate(items):
            mark = "- " if node.tag == "ul" else f"{number + offset}. "
            body = self.blocks(item, between="\n\n" if loose else "\n")
            written.append(mark + body.replace("\n", "\n" + " " * len(mark)))
        return ("\n\n" if loose else "\n").join(line.rstrip() for line in written)

    def _paragraph(self, node: Node) -> str:
        lines = [line.strip(" ") for line in self._inline(node).split("\n")]
        return "\n".join(_LINE_START.sub(_escape_start, line) for line in lines).strip("\n")

    def _inline(self, node: Node, *, inside: frozenset[str] = frozenset()) -> str:
        """The words of a node with their marks; `inside`: marks that are open already."""
        written = ""
        for child in node.children:
            if isinstance(child, str):
                words = _MARKUP.sub(r"\\\g<0>", _SPACES.sub(" ", child))
            else:
                words = self._element(child, inside)
            written += words.lstrip(" ") if written.endswith((" ", "\n")) else words
        return written

    def _element(self, node: Node, inside: frozenset[str]) -> str:
        if node.tag in UNSEEN:
            return ""
        if node.tag == "br":
            return "\n"
        if node.tag == "code":
            return _ticked(_SPACES.sub(" ", _text(node)))
        if node.tag in {"a", "img"}:
            return self._link(node, inside)
        mark = MARKS.get(node.tag, "")
        if not mark or mark in inside:
            return self._inline(node, inside=inside)
        return _marked(self._inline(node, inside=inside | {mark}), mark)

    def _link(self, node: Node, inside: frozenset[str]) -> str:
        """A link, where it leads somewhere that rendering allows and is not inside another."""
        if node.tag == "img":
            address, words = node.attributes.get("src", ""), node.attributes.get("alt", "").strip()
            words = _MARKUP.sub(r"\\\g<0>", _SPACES.sub(" ", words)) or "image"
        else:
            address = node.attributes.get("href", "")
            words = self._inline(node, inside=inside | {"["})
        target = self._target(address)
        if not target or "[" in inside:
            return words
        if target == _text(node).strip() and _PLAIN_TARGET.fullmatch(target):
            return f"<{target}>"
        if not _PLAIN_TARGET.fullmatch(target):
            target = f"<{''.join(_AWKWARD.get(sign, sign) for sign in target)}>"
        return _wrapped(words or "link", "[", f"]({target})")

    def _target(self, address: str) -> str | None:
        try:
            target = urljoin(self.base, address.strip())
            return target if urlsplit(target).scheme in SCHEMES else None
        except ValueError:
            return None


def _text(node: Node) -> str:
    parts = (child if isinstance(child, str) else _text(child) for child in node.children)
    return "\n" if node.tag == "br" else "".join(parts)


def _paragraphs(node: Node) -> Iterator[str]:
    loose = ""
    for child in node.children:
        if isinstance(child, str) or child.tag not in BLOCKS:
            loose += child if isinstance(child, str) else _text(child)
            continue
        yield _SPACES.sub(" ", loose).strip()
        yield from _paragraphs(child)
        loose = ""
    yield _SPACES.sub(" ", loose).strip()


def _item(child: Node | str) -> Node:
    return child if isinstance(child, Node) and child.tag == "li" else Node("li", {}, [child])


def _wrapped(words: str, before: str, after: str) -> str:
    """`words` between marks, spaces left outside, where marks would not be read as such."""
    core = words.strip()
    if not core:
        return words
    start = words.index(core)
    return f"{words[:start]}{before}{core}{after}{words[start + len(core) :]}"


def _marked(words: str, mark: str) -> str:
    return _wrapped(words, mark, mark)


def _ticked(code: str) -> str:
    """Code in as many backticks as it needs."""
    if not code.strip():
        return code
    ticks = "`" * (max(map(len, re.findall("`+", code)), default=0) + 1)
    space = " " if code.startswith("`") or code.endswith("`") else ""
    return f"{ticks}{space}{code}{space}{ticks}"


def _fenced(code: str) -> str:
    fence = "`" * max(3, max(map(len, re.findall("`+", code)), default=0) + 1)
    return f"{fence}\n{code}\n{fence}"


def _escape_start(found: re.Match[str]) -> str:
    number, dot, sign = found.groups()
    return f"{number}\\{dot}" if number else f"\\{sign}"
