"""Disqus: one XML document, `thread` elements and then `post` elements, ids in a namespace of its
own (`dsq:id`). One article often has several threads, one for each address it was seen under.
"""

import hashlib
from collections.abc import Iterator

from lxml import etree

from comments.states import Status
from operations.moving.formats import xmlstream
from operations.moving.formats.xmlstream import text_of
from operations.moving.records import (
    BadTime,
    Markup,
    Mended,
    Page,
    Person,
    Record,
    Remark,
    Skipped,
    moment,
)
from operations.moving.source import Source

ID = "{http://disqus.com/disqus-internals}id"
TRUE = "true"
#: A post names its thread in an element of the same name.
WANTED = {"thread": "disqus", "post": "disqus"}


def read(source: Source) -> Iterator[Record]:
    """Threads become pages, posts remarks. A post without an id is known by what it says."""
    deleted: set[str] = set()
    with source.stream() as stream:
        for element in xmlstream.elements(stream, root="disqus", wanted=WANTED, system="Disqus"):
            if isinstance(element, Mended):
                yield element
            elif xmlstream.local_name(element) == "post":
                yield from _post(element, deleted)
            else:
                key = element.get(ID, "")
                if text_of(element, "isDeleted") == TRUE:
                    deleted.add(key)
                identifier = text_of(element, "id")
                urls = (text_of(element, "link"), identifier)
                yield Page(key, tuple(url for url in urls if "/" in url), identifier)


def _post(post: etree._Element, deleted: set[str]) -> Iterator[Record]:
    key = post.get(ID) or _digest(post)
    page = _reference(post, "thread")
    if page in deleted:
        yield Skipped(key, "its page was deleted there")
        return
    try:
        created_at = moment(text_of(post, "createdAt"))
    except BadTime as fault:
        yield Skipped(key, str(fault))
        return
    status, reason = Status.PUBLISHED, ""
    if text_of(post, "isDeleted") == TRUE:
        status = Status.WITHDRAWN
    elif text_of(post, "isSpam") == TRUE:
        status, reason = Status.REJECTED, "spam"
    person = _author(post)
    yield person
    yield Remark(
        key=key,
        page=page,
        parent=_reference(post, "parent") or None,
        author=person.key,
        text=text_of(post, "message"),
        markup=Markup.HTML,
        created_at=created_at,
        status=status,
        reason=reason,
    )


def _author(post: etree._Element) -> Person:
    """Who has an account there is known by its name; a guest by address and what they were called:
    names that somebody kept apart are not joined.
    """
    author = post.find("{*}author")
    if author is None:
        return Person("", "")
    name, email, username = (text_of(author, each) for each in ("name", "email", "username"))
    is_guest = text_of(author, "isAnonymous") == TRUE or not username
    guest = f"guest {email.lower()} {name}"
    return Person(guest if is_guest else username, name or username, email)


def _reference(post: etree._Element, name: str) -> str:
    child = post.find(f"{{*}}{name}")
    return "" if child is None else child.get(ID, "")


def _digest(post: etree._Element) -> str:
    said = [text_of(post, name) for name in ("id", "createdAt", "message")]
    place = [_reference(post, "thread"), _reference(post, "parent"), _author(post).key]
    return "~" + hashlib.sha256("\n".join(said + place).encode()).hexdigest()[:32]
