"""Remark42: its native backup, JSON lines. The first describes users and pages; each of the others
is a comment, in the order of time.
"""

from collections.abc import Iterator

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


def read(source: Source) -> Iterator[Record]:
    """Votes there are by user; only their sums are taken."""
    with source.stream() as stream:
        rows = jsonstream.lines(stream)
        start = next(rows, {})
        if "version" not in start:
            raise BadExport(f"{stream.name} is not a backup of Remark42.")
        mailboxes = _mailboxes(start)
        pages: set[str] = set()
        for number, row in enumerate(rows, 2):
            try:
                url = row["locator"]["url"]
                if url not in pages:
                    pages.add(url)
                    yield Page(url, (url,))
                yield from _comment(row, url, mailboxes)
            except (KeyError, TypeError, AttributeError) as fault:
                raise BadExport(
                    f"{stream.name}, line {number}: not a comment of Remark42."
                ) from fault


def _mailboxes(start: Row) -> dict[str, str]:
    """The addresses that users left for notices, by user."""
    users = start.get("users") or []
    return {
        str(user.get("id")): str((user.get("details") or {}).get("email") or "")
        for user in users
        if isinstance(user, dict)
    }


def _comment(row: Row, url: str, mailboxes: dict[str, str]) -> Iterator[Record]:
    key, user = str(row["id"]), row["user"]
    try:
        created_at = moment(row["time"])
    except BadTime as fault:
        yield Skipped(key, str(fault))
        return
    person = Person(str(user["id"]), str(user["name"]), mailboxes.get(str(user["id"]), ""))
    votes = list((row.get("votes") or {}).values())
    typed = str(row.get("orig") or "")
    yield person
    yield Remark(
        key=key,
        page=url,
        parent=str(row.get("pid") or "") or None,
        author=person.key,
        text=typed or str(row.get("text") or ""),
        markup=Markup.MARKDOWN if typed else Markup.HTML,
        created_at=created_at,
        edited_at=moment_or_none((row.get("edit") or {}).get("time")),
        status=Status.WITHDRAWN if row.get("delete") else Status.PUBLISHED,
        up_count=votes.count(True),
        down_count=votes.count(False),
    )
