"""Isso: its SQLite database, or the JSON of its "generic" import. Texts are Markdown; comments hang
on the path of a page, so it has to be said where those pages stand.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import unquote_plus

from comments.states import Status
from operations.moving.formats import jsonstream
from operations.moving.formats.jsonstream import Row
from operations.moving.records import (
    BadExport,
    BadTime,
    Markup,
    Page,
    Person,
    Record,
    Remark,
    Skipped,
    moment,
    moment_or_none,
)
from operations.moving.source import Source

SQLITE = b"SQLite format 3\x00"
#: `mode` of a comment there.
ACCEPTED, PENDING, DELETED = 1, 2, 4
STATES = {
    ACCEPTED: (Status.PUBLISHED, ""),
    PENDING: (Status.HELD, "held_elsewhere"),
    DELETED: (Status.WITHDRAWN, ""),
}
EVERY_COMMENT = """
    SELECT id, tid AS page, parent, created, modified, mode, text, author, email, likes, dislikes
    FROM comments
"""


def read(source: Source) -> Iterator[Record]:
    """Whichever of the two it is."""
    with source.stream() as stream:
        is_database = stream.read(len(SQLITE)) == SQLITE
    return _database(source) if is_database else _generic(source)


def _database(source: Source) -> Iterator[Record]:
    address = f"file:{source.path.resolve().as_posix().replace('?', '%3f')}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.row_factory = sqlite3.Row
            for row in database.execute("SELECT id, uri, title FROM threads"):
                yield Page(str(row["id"]), (str(row["uri"]),))
            for row in database.execute(EVERY_COMMENT):
                yield from _comment(dict(row))
    except sqlite3.Error as fault:
        raise BadExport(f"{source.path.name} is no database of Isso: {fault}.") from fault


def _generic(source: Source) -> Iterator[Record]:
    with source.stream() as stream:
        for _name, thread in jsonstream.rows(stream):
            uri, comments = thread.get("id"), thread.get("comments")
            if not isinstance(uri, str) or not isinstance(comments, list):
                raise BadExport(f"{stream.name} is not an export of Isso.")
            yield Page(uri, (unquote_plus(uri) if "%" in uri else uri,))
            for comment in comments:
                if not isinstance(comment, dict):
                    raise BadExport(f"{stream.name} is not an export of Isso.")
                known = {"page": uri, "id": _key(uri, comment), "parent": None}
                yield from _comment({**comment, **known})


def _key(uri: str, comment: Row) -> str:
    """The generic form counts the comments of each page anew, and often calls all of them 0."""
    said = "\n".join(str(comment.get(name)) for name in ("id", "created", "author", "text"))
    return "~" + hashlib.sha256(f"{uri}\n{said}".encode()).hexdigest()[:32]


def _comment(row: Row) -> Iterator[Record]:
    key, mode = str(row["id"]), row.get("mode", ACCEPTED)
    if mode not in STATES:
        yield Skipped(key, f"it is neither published, held nor deleted, but {mode!r}")
        return
    try:
        created_at = moment(row.get("created"))
    except BadTime as fault:
        yield Skipped(key, str(fault))
        return
    name, email = str(row.get("author") or ""), str(row.get("email") or "")
    status, reason = STATES[mode]
    person = Person(f"guest {email.lower()} {name}", name, email)
    parent = row.get("parent")
    yield person
    yield Remark(
        key=key,
        page=str(row["page"]),
        parent=str(parent) if parent else None,
        author=person.key,
        text=str(row.get("text") or ""),
        markup=Markup.MARKDOWN,
        created_at=created_at,
        edited_at=moment_or_none(row.get("modified")),
        status=status,
        reason=reason,
        up_count=max(0, int(row.get("likes") or 0)),
        down_count=max(0, int(row.get("dislikes") or 0)),
    )
