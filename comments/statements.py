# ruff: noqa: S608  (statements are put together from words of ours)
"""The statements of `reading`: each finds comments in the order of an index and brings all that is
shown of them.
"""

from functools import lru_cache

from accounts.faces import FACE, STAFF, author_sql
from comments.ranking import ORDERS, Order
from comments.states import Sort
from common import cursors
from common.postgresql.json import bare, boolean, json_object, moment, number, text

FIRST_REPLIES = 3
#: The condition of `querysets.SHOWN`, as the planner knows it from the indexes.
SHOWN = "(status = 'published' OR (published_at IS NOT NULL AND reply_count > 0))"
#: What is read of a comment.
COLUMNS = """
    id, thread_id, parent_id, root_id, depth, answers_id, author_id, body_html, language, edition,
    status, featured, up_count, down_count, reactions, reply_count, created_at, edited_at
"""
REPLY_COLUMNS = ", ".join(f"reply.{each.strip()}" for each in COLUMNS.split(","))
#: The whole of a statement: `picked` are comments with their numbers. Authors are looked up one by
#: one: a join would do the same, until the planner finds it cheaper to read every account there is.
READ = """
    WITH RECURSIVE held AS MATERIALIZED (
        SELECT site_id, coalesce((
            SELECT sum(version) FROM comments_threadslot WHERE thread_id = thread.id
        ), 0)::bigint AS version, {staff} AS staff
        FROM comments_thread AS thread WHERE id = %s AND state <> 'off' {gate}
    ), {picked}
    SELECT version, number, is_reply, stream, nth, sort_key,
        id::text, depth, created_at,
        CASE WHEN id IS NOT NULL THEN convert_to({json}, 'UTF8') END
    FROM held LEFT JOIN picked ON true {face}
    ORDER BY number, is_reply, picked.created_at, picked.id
"""
#: Whom a reply answers, where that is not its parent.
ANSWERED = """
    SELECT {json} FROM comments_comment AS other {face} WHERE other.id = picked.answers_id
"""
#: The rows of one stream, and which they are. PostgreSQL takes what has a known limit from the
#: beginning of an index, however many rows it expects.
STREAM = """
    SELECT {stream} AS stream, nth, {place} AS place, sort_key, {columns}
    FROM (
        SELECT %s::int {sign} row_number() OVER (ORDER BY sort_key {way}, id {way}) {offset} AS nth,
            beyond.*
        FROM (
            SELECT {key} AS sort_key, {columns} FROM comments_comment
            WHERE {where} AND ({key}, id) {beyond} (%s::{type}, %s::uuid) AND {end}
            ORDER BY {key} {way}, id {way} LIMIT {most}
        ) AS beyond
        LIMIT %s
    ) AS numbered
"""
STREAMS = """
    SELECT row_number() OVER (ORDER BY place {way}) AS number, stream, nth, sort_key::text,
        {columns}
    FROM ({streams}) AS merged ORDER BY place {way} LIMIT %s
"""
#: Top-level comments and the first replies to each, with one more that tells whether there are.
WITH_REPLIES = """
    roots AS MATERIALIZED ({roots}), picked AS (
        SELECT number, false AS is_reply, stream, nth, sort_key, {columns} FROM roots
        UNION ALL
        SELECT number, true, NULL, NULL, NULL, {reply_columns}
        FROM roots CROSS JOIN LATERAL (
            SELECT {columns} FROM comments_comment WHERE root_id = roots.id AND {shown}
            ORDER BY created_at, id LIMIT {replies}
        ) AS reply
        WHERE {which}
    )
"""
ONE = """
    SELECT 1 AS number, 0 AS stream, 0 AS nth, '' AS sort_key, {columns} FROM comments_comment
    WHERE id = %s AND thread_id = %s AND {shown}
"""
#: A comment and all above it.
CHAIN = """
    above AS (
        SELECT {columns} FROM comments_comment WHERE id = %s AND thread_id = %s AND {shown}
        UNION ALL
        SELECT up.* FROM above CROSS JOIN LATERAL (
            SELECT {columns} FROM comments_comment WHERE id = above.parent_id LIMIT 1
        ) AS up
    ), picked AS (
        SELECT depth AS number, false AS is_reply, 0 AS stream, 0 AS nth, ({key})::text AS sort_key,
            {columns}
        FROM above
    )
"""
#: Nothing is below what is not shown, or no top-level comment of the thread.
ROOT_SHOWN = f"""
    AND (SELECT parent_id IS NULL AND {SHOWN} FROM comments_comment AS root
        WHERE root.id = %s AND root.thread_id = thread.id)
"""


def _statement(picked: str, *, gate: str = "") -> str:
    """All that is read of `picked`. The last of its values are those of `comment_sql`."""
    return READ.format(
        picked=picked,
        gate=gate,
        staff=STAFF.format(site="thread.site_id"),
        face=_face_of("picked.author_id"),
        json=comment_sql(),
    )


def _face_of(author: str) -> str:
    return FACE.format(author=author, site="held.site_id", staff="held.staff")


def comment_sql() -> str:
    """One of `picked` as everybody may see it, as JSON: in PostgreSQL what `comment_json` in
    `api.serializers` is here, tombstones included. Its values: `addresses_around` twice.
    """

    def shown(value: str) -> str:
        return f"CASE WHEN picked.status = 'published' THEN {value} END"

    return json_object(
        id=bare("picked.id"),
        thread=bare("thread_id"),
        parent=bare("parent_id"),
        root=bare("root_id"),
        depth=number("depth"),
        answers=shown(f"CASE WHEN answers_id IS NOT NULL THEN ({_answered_sql()}) END"),
        author=shown(author_sql("picked.author_id")),
        body_html=shown(text("body_html")),
        language=text("language"),
        edition=text("edition"),
        status=bare("picked.status"),
        created_at=moment("picked.created_at"),
        edited_at=moment("edited_at"),
        featured=boolean("featured AND picked.status = 'published'"),
        votes=shown(json_object(up=number("up_count"), down=number("down_count"))),
        reactions=shown("reactions::text"),
        reply_count=number("reply_count"),
    )


def _answered_sql() -> str:
    author = f"CASE WHEN other.status = 'published' THEN {author_sql('other.author_id')} END"
    return ANSWERED.format(
        json=json_object(id=bare("other.id"), author=author),
        face=_face_of("other.author_id"),
    )


def _with_replies(roots: str, *, which: str = "true") -> str:
    return WITH_REPLIES.format(
        roots=roots,
        which=which,
        columns=COLUMNS,
        reply_columns=REPLY_COLUMNS,
        shown=SHOWN,
        replies=FIRST_REPLIES + 1,
    )


def _streams(order: Order, where: str, strict: tuple[bool, ...], *, backwards: bool) -> str:
    """The rows of an order beyond a place, in their own order or backwards."""
    way, beyond = ("DESC", "<") if order.descending != backwards else ("ASC", ">")
    rows = " UNION ALL ".join(
        STREAM.format(
            stream=number,
            place=stream.place.format(nth="nth"),
            sign="-" if backwards else "+",
            offset="" if backwards else "- 1",
            way=way,
            beyond=beyond if is_strict else f"{beyond}=",
            end=stream.back_end if backwards else stream.end,
            key=order.key,
            type=order.type,
            where=where,
            columns=COLUMNS,
            most=cursors.MAX_LIMIT + 1,
        )
        for number, (stream, is_strict) in enumerate(zip(order.streams, strict, strict=True))
    )
    way = "DESC" if backwards else "ASC"
    return STREAMS.format(streams=rows, way=way, columns=COLUMNS)


@lru_cache(maxsize=256)
def page_sql(order: Order, where: str, strict: tuple[bool, ...], backwards: bool) -> str:
    """Top-level comments `where`, beyond a place in each stream (or from it on, where that is not
    strict), with first replies. Values: the thread; for each stream the number of its place, those
    of `where`, key and id of the place, how many; how many in all; how many with replies.
    """
    roots = _streams(order, where, strict, backwards=backwards)
    return _statement(_with_replies(roots, which="number <= %s"))


@lru_cache(maxsize=2)
def replies_sql(backwards: bool) -> str:
    """The replies below a root, beyond a place. Values: the thread, the root, 0, the root, key and
    id of the place, how many, and once more how many.
    """
    where = f"root_id = %s AND {SHOWN}"
    rows = _streams(ORDERS[Sort.OLDEST], where, (True,), backwards=backwards)
    return _statement(
        f"picked AS (SELECT false AS is_reply, * FROM ({rows}) AS rows)", gate=ROOT_SHOWN
    )


@lru_cache(maxsize=1)
def one_sql() -> str:
    """One comment with its first replies. Values: the thread, the comment, the thread."""
    return _statement(_with_replies(ONE.format(columns=COLUMNS, shown=SHOWN)))


@lru_cache(maxsize=8)
def chain_sql(key: str) -> str:
    """A comment and all above it, the uppermost first, with this key. Values: the same."""
    return _statement(CHAIN.format(columns=COLUMNS, key=key, shown=SHOWN))
