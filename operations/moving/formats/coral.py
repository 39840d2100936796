"""Coral: a folder with three collections of its MongoDB, JSON lines as `mongoexport` writes them:
`stories.json`, `users.json`, `comments.json`. Of reactions ("respect") there is a sum.
"""

from collections.abc import Iterator
from typing import Any

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
)
from operations.moving.source import Source

STATES = {
    "NONE": (Status.PUBLISHED, ""),
    "APPROVED": (Status.PUBLISHED, ""),
    "REJECTED": (Status.REJECTED, "rejected_elsewhere"),
    "PREMOD": (Status.HELD, "held_elsewhere"),
    "SYSTEM_WITHHELD": (Status.HELD, "held_elsewhere"),
}


def read(source: Source) -> Iterator[Record]:
    """Stories, users, then comments; the latest revision of each is its text."""
    if not source.path.is_dir():
        raise BadExport(f"{source.path} is no folder with the collections of Coral.")
    for name, each in (("stories", _story), ("users", _user), ("comments", _comment)):
        with source.beside(f"{name}.json").stream() as stream:
            for number, row in enumerate(jsonstream.lines(stream), 1):
                try:
                    yield from each(row)
                except (KeyError, IndexError, TypeError, AttributeError) as fault:
                    raise BadExport(
                        f"{stream.name}, line {number}: not as Coral writes it."
                    ) from fault


def _story(row: Row) -> Iterator[Record]:
    yield Page(str(row["id"]), (str(row["url"]),))


def _user(row: Row) -> Iterator[Record]:
    yield Person(str(row["id"]), str(row.get("username") or ""), str(row.get("email") or ""))


def _comment(row: Row) -> Iterator[Record]:
    key, state = str(row["id"]), str(row["status"])
    if state not in STATES:
        yield Skipped(key, f"we do not know the state {state!r}")
        return
    try:
        created_at = _moment(row["createdAt"])
    except BadTime as fault:
        yield Skipped(key, str(fault))
        return
    is_gone = bool(row.get("deletedAt"))
    status, reason = (Status.WITHDRAWN, "") if is_gone else STATES[state]
    revisions = row.get("revisions") or [{}]
    yield Remark(
        key=key,
        page=str(row["storyID"]),
        parent=str(row.get("parentID") or "") or None,
        author=str(row.get("authorID") or ""),
        text=str(revisions[-1].get("body") or ""),
        markup=Markup.HTML,
        created_at=created_at,
        edited_at=_moment(revisions[-1]["createdAt"]) if len(revisions) > 1 else None,
        status=status,
        reason=reason,
        up_count=_number((row.get("actionCounts") or {}).get("REACTION", 0)),
    )


def _moment(value: Any) -> Any:
    """MongoDB's dates: `{"$date": "2020-…"}`, or milliseconds in one of two ways."""
    if isinstance(value, dict):
        value = value["$date"]
    if isinstance(value, dict):
        value = int(value["$numberLong"])
    return moment(value / 1_000 if isinstance(value, int) else value)


def _number(value: Any) -> int:
    """MongoDB's numbers: plain, or `{"$numberInt": "3"}`."""
    return max(0, int(next(iter(value.values())) if isinstance(value, dict) else value))
