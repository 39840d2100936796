"""WordPress: its own RSS (WXR). Items are pages; comments stand in theirs, after its address."""

from collections.abc import Iterator

from lxml import etree

from comments.states import Status
from operations.moving.formats import xmlstream
from operations.moving.formats.xmlstream import local_name, text_of
from operations.moving.records import (
    NO_TIME,
    Markup,
    Mended,
    Page,
    Person,
    Record,
    Remark,
    Skipped,
    moment_or_none,
)
from operations.moving.source import Source

STATES = {
    "1": (Status.PUBLISHED, ""),
    "approve": (Status.PUBLISHED, ""),
    "0": (Status.HELD, "held_elsewhere"),
    "hold": (Status.HELD, "held_elsewhere"),
    "spam": (Status.REJECTED, "spam"),
    "trash": (Status.REJECTED, "rejected_elsewhere"),
    "post-trashed": (Status.REJECTED, "rejected_elsewhere"),
}
COMMENTS = {"", "comment"}
WANTED = {"comment": "item", "item": "channel"}


def read(source: Source) -> Iterator[Record]:
    """Comments of visitors; what blogs tell each other (pingbacks) and others keep there is not."""
    with source.stream() as stream:
        page: Page | None = None
        for element in xmlstream.elements(stream, root="rss", wanted=WANTED, system="WordPress"):
            if isinstance(element, Mended):
                yield element
            elif local_name(element) == "item":
                page = None
            else:
                if page is None:
                    page = _page(element.getparent())
                    yield page
                yield from _comment(element, page.key)


def _page(item: etree._Element) -> Page:
    urls = tuple(url for name in ("link", "guid") if (url := text_of(item, name)))
    return Page(text_of(item, "post_id") or " ".join(urls), urls)


def _comment(comment: etree._Element, page: str) -> Iterator[Record]:
    number = _key(page, text_of(comment, "comment_id"))
    kind = text_of(comment, "comment_type")
    if kind not in COMMENTS:
        yield Skipped(number, f"no reader's comment, but a {kind}")
        return
    created_at = moment_or_none(text_of(comment, "comment_date_gmt")) or moment_or_none(
        text_of(comment, "comment_date")
    )
    if created_at is None:
        yield Skipped(number, NO_TIME)
        return
    state = text_of(comment, "comment_approved")
    if state not in STATES:
        yield Skipped(number, f"it is neither published, held nor rejected, but {state!r}")
        return
    status, reason = STATES[state]
    person = _author(comment)
    parent = text_of(comment, "comment_parent")
    yield person
    yield Remark(
        key=number,
        page=page,
        parent=_key(page, parent) if parent not in ("", "0") else None,
        author=person.key,
        text=text_of(comment, "comment_content"),
        markup=Markup.LINES,
        created_at=created_at,
        status=status,
        reason=reason,
    )


def _author(comment: etree._Element) -> Person:
    name, email = text_of(comment, "comment_author"), text_of(comment, "comment_author_email")
    user = text_of(comment, "comment_user_id")
    kind = "guest" if user in ("", "0") else f"user {user}"
    return Person(f"{kind} {email.lower()} {name}", name, email)


def _key(page: str, number: str) -> str:
    """Numbers are said to be those of the whole blog; joined blogs have some twice."""
    return f"{page} {number}"
