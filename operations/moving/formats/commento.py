"""Commento and its heir Comentario: one JSON document with lists of comments, of those who wrote
them and, since version 3, of pages. Of votes there is one number, ups less downs.
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
)
from operations.moving.source import Source

NOBODY = {"", "anonymous", "00000000-0000-0000-0000-000000000000"}
STATES = {
    "approved": (Status.PUBLISHED, ""),
    "unapproved": (Status.HELD, "held_elsewhere"),
    "flagged": (Status.HELD, "held_elsewhere"),
}


def read(source: Source) -> Iterator[Record]:
    """Both forms; rows tell by their fields which it is."""
    pages: set[str] = set()
    seen = False
    with source.stream() as stream:
        for name, row in jsonstream.rows(stream):
            seen = True
            try:
                if name == "pages":
                    yield Page(str(row["id"]), (str(row["path"]),))
                elif name == "commenters":
                    yield _person(row)
                elif name == "comments":
                    page = str(row["pageId"]) if "pageId" in row else _address(row)
                    if "pageId" not in row and page not in pages:
                        pages.add(page)
                        yield Page(page, (page,))
                    yield from _comment(row, page)
            except (KeyError, TypeError, AttributeError) as fault:
                raise BadExport(
                    f"{stream.name} is not an export of Commento or Comentario: a row of its"
                    f" {name} lacks {fault}."
                ) from fault
        if not seen:
            raise BadExport(f"{stream.name} is not an export of Commento or Comentario.")


def _address(row: Row) -> str:
    return f"https://{row['domain']}{row['url']}"


def _person(row: Row) -> Person:
    key = row["id"] if "id" in row else row["commenterHex"]
    return Person(str(key), str(row.get("name") or ""), str(row.get("email") or ""))


def _comment(row: Row, page: str) -> Iterator[Record]:
    is_new = "pageId" in row
    key = str(row["id"] if is_new else row["commentHex"])
    try:
        created_at = moment(row["createdTime"] if is_new else row["creationDate"])
    except BadTime as fault:
        yield Skipped(key, str(fault))
        return
    status, reason = _newer_state(row) if is_new else _older_state(row)
    if status is None:
        yield Skipped(key, reason)
        return
    author = str((row.get("userCreated") if is_new else row["commenterHex"]) or "")
    guest = str(row.get("authorName") or "")
    if author in NOBODY:
        author = f"guest {guest}"
        yield Person(author, guest)
    parent = str((row.get("parentId") if is_new else row["parentHex"]) or "")
    typed = str(row.get("markdown") or "")
    score = int(row.get("score") or 0)
    yield Remark(
        key=key,
        page=page,
        parent=None if parent in ("", "root") else parent,
        author=author,
        text=typed or str(row.get("html") or ""),
        markup=Markup.MARKDOWN if typed else Markup.HTML,
        created_at=created_at,
        status=status,
        reason=reason,
        up_count=max(score, 0),
        down_count=max(-score, 0),
    )


def _older_state(row: Row) -> tuple[Status | None, str]:
    if row.get("deleted"):
        return Status.WITHDRAWN, ""
    state = str(row["state"])
    return STATES.get(state, (None, f"it is neither approved nor held, but {state!r}"))


def _newer_state(row: Row) -> tuple[Status | None, str]:
    if row.get("isDeleted"):
        return Status.WITHDRAWN, ""
    if row.get("isPending"):
        return Status.HELD, "held_elsewhere"
    if row.get("isApproved"):
        return Status.PUBLISHED, ""
    return Status.REJECTED, "rejected_elsewhere"
