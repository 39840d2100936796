"""What public answers show of a thread, each read by one statement in the order of an index.

A statement first looks whether the public may know of the thread, and for its version, and goes on
from there: all is of one moment, so that who has the answer can ask later whether it is current.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from django.http import Http404

from accounts.faces import addresses_around
from comments.ranking import ORDERS
from comments.statements import FIRST_REPLIES, SHOWN, chain_sql, one_sql, page_sql, replies_sql
from comments.states import Sort
from common import cursors
from common.inserting import fetch


class Shown(NamedTuple):
    """A comment as a public answer shows it."""

    #: As which it was read, and whether as a reply to that; then, for a top-level comment, where it
    #: stands in which stream of the order.
    number: int
    is_reply: bool
    stream: int
    nth: int
    sort_key: str

    pk: str
    depth: int
    created_at: datetime
    #: What `api.serializers.comment_json` would say of it.
    json: bytes


@dataclass(frozen=True)
class Entry:
    """A comment on a page, with its first replies where it is a top-level one."""

    comment: Shown
    replies: cursors.Page[Shown] | None = None


@dataclass(frozen=True)
class Conversation(cursors.Page[Entry]):
    """A page of a thread, and the version the thread had when it was read."""

    version: int = 0


@dataclass(frozen=True)
class Context:
    """A comment and the page on which it stands: the entry of its root has it, and all between,
    among its replies.
    """

    comment: Shown
    page: Conversation


class Point(NamedTuple):
    """A place in a stream: `after` the comment with this key and id or before it. `nth`: how many
    come before the place, counted from where the reader came in.
    """

    key: str
    id: str
    nth: int
    after: bool


@dataclass(frozen=True)
class Selection:
    """Which top-level comments of a thread: all, those in one language, those that are featured."""

    thread_id: UUID
    sort: Sort
    language: str = ""
    featured: bool = False

    @property
    def scope(self) -> str:
        return f"{self.thread_id}:{self.sort}:{self.language}:{'featured' * self.featured}"

    @property
    def where(self) -> str:
        """In SQL, with the values that `values` gives."""
        shown = "featured AND status = 'published'" if self.featured else SHOWN
        language = " AND language = %s" if self.language else ""
        return f"thread_id = %s AND parent_id IS NULL AND {shown}{language}"

    @property
    def values(self) -> list[Any]:
        return [self.thread_id, self.language] if self.language else [self.thread_id]


def page(selection: Selection, *, limit: int, cursor_text: str | None = None) -> Conversation:
    """A page of top-level comments, each with its first replies. Raises Http404, BadCursor.

    One statement. It reads up to two top-level comments for each that is shown in order `best`,
    one in all others, and one reply more than is shown of each.
    """
    cursor = cursors.read(cursor_text, scope=selection.scope)
    points = [each and Point(*each) for each in cursor.key] if cursor else []
    return _page(selection, limit, points, backwards=bool(cursor and cursor.backwards))


def _page(
    selection: Selection, limit: int, points: Sequence[Point | None], *, backwards: bool = False
) -> Conversation:
    order = ORDERS[selection.sort]
    places = points or [None] * len(order.streams)
    strict = tuple(point is None or point.after != backwards for point in places)
    sql = page_sql(order, selection.where, strict, backwards)
    values: list[Any] = [selection.thread_id]
    for stream, point in zip(order.streams, places, strict=True):
        key, comment, nth, _ = point or (*stream.start, 0, True)
        values += [nth, *selection.values, key, comment, limit + 1]
    version, rows = _read(sql, [*values, limit + 1, limit])
    roots, replies = _sorted_out(rows)
    shown = roots[:limit]
    if backwards:
        shown.reverse()
    if not shown:
        return Conversation([], version=version)
    more = len(roots) > limit
    ends = {row.stream: Point(row.sort_key, row.pk, row.nth + 1, True) for row in shown}
    begins = {row.stream: Point(row.sort_key, row.pk, row.nth, False) for row in reversed(shown)}

    def beside(known: dict[int, Point], *, backwards: bool) -> str:
        key = tuple(known.get(number, point) for number, point in enumerate(places))
        return str(cursors.Cursor(selection.scope, key, backwards))

    return Conversation(
        [Entry(root, _first_replies(root.pk, replies.get(root.number, ()))) for root in shown],
        next=beside(ends, backwards=False) if more or backwards else None,
        previous=beside(begins, backwards=True) if (more if backwards else points) else None,
        version=version,
    )


def context(selection: Selection, comment_id: UUID, *, limit: int) -> Context:
    """The page with a comment's root about its first quarter. Raises Http404. Three statements."""
    order = ORDERS[selection.sort]
    version, chain = _read(
        chain_sql(order.key), [selection.thread_id, comment_id, selection.thread_id]
    )
    if not chain:
        raise Http404
    root = chain[0]
    stream = order.stream_of(root.sort_key)
    points = [
        Point(root.sort_key, root.pk, 0, False) if number == stream else None
        for number in range(len(order.streams))
    ]
    few = limit // 4
    after = _page(selection, limit - few, points)
    before = _page(selection, few, points, backwards=True) if few else after
    entries = [_with_chain(each, chain) for each in after.rows]
    if few:
        entries = [*before.rows, *entries]
    around = Conversation(entries, next=after.next, previous=before.previous, version=version)
    return Context(chain[-1], around)


def _with_chain(entry: Entry, chain: list[Shown]) -> Entry:
    if entry.comment.pk != chain[0].pk or entry.replies is None:
        return entry
    rows = {row.pk: row for row in (*entry.replies.rows, *chain[1:])}
    oldest_first = sorted(rows.values(), key=lambda row: (row.created_at, row.pk))
    return Entry(entry.comment, replace(entry.replies, rows=oldest_first))


def entry(thread_id: UUID, comment_id: UUID) -> tuple[int, Entry]:
    """The thread's version and one shown comment, with its first replies if it is top-level. Raises
    Http404. One statement.
    """
    version, rows = _read(one_sql(), [thread_id, comment_id, thread_id])
    roots, replies = _sorted_out(rows)
    if not roots:
        raise Http404
    found = roots[0]
    first = _first_replies(found.pk, replies.get(1, ())) if found.depth == 0 else None
    return version, Entry(found, first)


def replies(
    thread_id: UUID, root_id: UUID, *, limit: int, cursor_text: str | None = None
) -> tuple[int, cursors.Page[Shown]]:
    """The thread's version and the shown descendants of a top-level comment, flat, oldest first.
    Raises Http404, BadCursor. One statement.
    """
    scope = _replies_scope(root_id)
    cursor = cursors.read(cursor_text, scope=scope)
    backwards = bool(cursor and cursor.backwards)
    key, comment = cursor.key if cursor else ORDERS[Sort.OLDEST].streams[0].start
    values = [thread_id, root_id, 0, root_id, key, comment, limit + 1, limit + 1]
    version, rows = _read(replies_sql(backwards), values)
    return version, cursors.cut(rows, limit=limit, cursor=cursor, scope=scope, key=_reply_key)


def _read(sql: str, values: list[Any]) -> tuple[int, list[Shown]]:
    """A thread's version and the comments found in it. Raises Http404."""
    addresses = addresses_around()
    found = fetch(sql, [*values, *addresses, *addresses])
    if not found:
        raise Http404
    version = cast("int", found[0][0])
    return version, [Shown._make(row[1:]) for row in found if row[6] is not None]


def _sorted_out(rows: Iterable[Shown]) -> tuple[list[Shown], dict[int, list[Shown]]]:
    """Top-level comments, and the replies to each by its number."""
    roots: list[Shown] = []
    replies: dict[int, list[Shown]] = {}
    for row in rows:
        if row.is_reply:
            replies.setdefault(row.number, []).append(row)
        else:
            roots.append(row)
    return roots, replies


def _first_replies(root_id: str, rows: Sequence[Shown]) -> cursors.Page[Shown]:
    first = list(rows[:FIRST_REPLIES])
    more = len(rows) > FIRST_REPLIES
    after = cursors.Cursor(_replies_scope(root_id), _reply_key(first[-1])) if more else None
    return cursors.Page(first, next=str(after) if after else None)


def _reply_key(reply: Shown) -> tuple[str, str]:
    return reply.created_at.isoformat(), reply.pk


def _replies_scope(root_id: UUID | str) -> str:
    return f"{root_id}:replies"
