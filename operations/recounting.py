# ruff: noqa: S608  (statements are put together from words of ours)
"""What every count should be, asked of the rows it counts.

Each `Count` says in SQL where its figures are kept, which `Tally` rows are on their way there, and
what they count. A difference is what is neither kept nor on its way. Asked in one snapshot it is
true while everything goes on, and stays so: what happens later changes both sides alike.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from comments.models import Tally
from comments.states import Counted

#: Differences in memory at one time.
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not what its rows say. `thread` is the comment's, or any of the author's
    site; `waiting` is on its way into what is `cached`.
    """

    what: str
    site: UUID
    thread: UUID
    comment: UUID | None
    author: UUID | None
    language: str | None
    reaction: str | None
    cached: int
    waiting: int
    counted: int

    @property
    def missing(self) -> int:
        return self.counted - self.cached - self.waiting

    def as_json(self) -> dict[str, Any]:
        told = {name: value for name, value in asdict(self).items() if value is not None}
        if self.author:
            del told["thread"]
        ids = {name: str(value) for name, value in told.items() if isinstance(value, UUID)}
        return {**told, **ids, "missing": self.missing}

    def __str__(self) -> str:
        if self.author:
            whose = f"author {self.author} on site {self.site}"
        elif self.comment:
            of_a_kind = f", {self.reaction}" if self.reaction else ""
            whose = f"comment {self.comment}{of_a_kind}"
        elif self.language is not None:
            whose = f"thread {self.thread}, language {self.language}"
        else:
            whose = f"thread {self.thread}"
        waiting = f" and {self.waiting:+d} waiting" if self.waiting else ""
        return f"{self.what} of {whose}: {self.cached}{waiting}, but {self.counted} counted"


@dataclass(frozen=True)
class Subject:
    """What a figure is of: the columns that name it, what a difference tells, and where it is."""

    key: str
    columns: str
    place: str


THREAD = Subject(
    "thread",
    "site_id, thread, NULL::uuid, NULL::uuid, NULL::text, NULL::text",
    "JOIN comments_thread AS place ON place.id = thread",
)
LANGUAGE = Subject(
    "thread, language", THREAD.columns.replace("NULL::text", "language", 1), THREAD.place
)
COMMENT = Subject(
    "comment",
    "site_id, place.id, comment, NULL::uuid, NULL::text, NULL::text",
    """
    JOIN comments_comment AS itself ON itself.id = comment
    JOIN comments_thread AS place ON place.id = itself.thread_id
    """,
)
REACTION = Subject(
    "comment, reaction",
    "site_id, place.id, comment, NULL::uuid, NULL::text, reaction",
    COMMENT.place,
)
AUTHOR = Subject(
    "site, author",
    "site, place.id, NULL::uuid, author, NULL::text, NULL::text",
    """
    JOIN LATERAL (
        SELECT id, site_id FROM comments_thread WHERE site_id = site ORDER BY id LIMIT 1
    ) AS place ON true
    """,
)


@dataclass(frozen=True)
class Count:
    """One kind of figure. `kept`, `waiting` and `counted` are queries that give the subject's key
    and an `amount`. `beside`: tallies that correct it change the thread as well, unless another
    takes that back.
    """

    name: str
    subject: Subject
    kept: str
    waiting: str
    counted: str
    kind: Counted
    beside: bool = False

    def differences(self, site: UUID | None) -> Iterator[list[Difference]]:
        """Those of a site, or of all, some at a time. One query."""
        key = self.subject.key
        statement = f"""
            SELECT {self.subject.columns}, cached, waiting, counted
            FROM (
                SELECT {key}, sum(cached) AS cached, sum(waiting) AS waiting,
                    sum(counted) AS counted
                FROM (
                    SELECT {key}, amount AS cached, 0 AS waiting, 0 AS counted
                    FROM ({self.kept}) AS kept WHERE amount <> 0
                  UNION ALL SELECT {key}, 0, amount, 0 FROM ({self.waiting}) AS waiting
                  UNION ALL SELECT {key}, 0, 0, amount FROM ({self.counted}) AS counted
                ) AS figures
                GROUP BY {key} HAVING sum(counted) <> sum(cached) + sum(waiting)
            ) AS differing {self.subject.place}
            WHERE %s::uuid IS NULL OR site_id = %s::uuid
        """
        with connection.chunked_cursor() as cursor:
            cursor.execute(statement, [site, site])
            while rows := cursor.fetchmany(AT_ONCE):
                yield [Difference(self.name, *row) for row in rows]

    def correct(self, differences: list[Difference]) -> None:
        """Have the next fold add what is missing."""
        rows = [_tally(each, self.kind) for each in differences]
        if self.beside:
            rows += [
                Tally(thread_id=each.thread, counted=self.kind, amount=-each.missing)
                for each in differences
            ]
        Tally.objects.bulk_create(rows)


def _tally(difference: Difference, kind: Counted) -> Tally:
    return Tally(
        thread_id=difference.thread,
        comment_id=difference.comment,
        author_id=difference.author,
        language=difference.language or "",
        reaction=difference.reaction or "",
        counted=kind,
        amount=difference.missing,
    )


def _of_comment(name: str, kind: Counted, column: str, counted: str) -> Count:
    return Count(
        name,
        COMMENT,
        kept=f"SELECT id AS comment, {column} AS amount FROM comments_comment",
        waiting=f"""
            SELECT comment_id AS comment, amount FROM comments_tally
            WHERE counted = '{kind}' AND comment_id IS NOT NULL
        """,
        counted=counted,
        kind=kind,
    )


def _of_author(name: str, kind: Counted, column: str, rows: str, *, beside: bool = False) -> Count:
    return Count(
        name,
        AUTHOR,
        kept=f"""
            SELECT site_id AS site, author_id AS author, {column} AS amount
            FROM comments_authorfigures
        """,
        waiting=f"""
            SELECT site_id AS site, author_id AS author, amount
            FROM comments_tally JOIN comments_thread AS thread ON thread.id = thread_id
            WHERE counted = '{kind}' AND author_id IS NOT NULL
        """,
        counted=f"""
            SELECT site_id AS site, author_id AS author, sum(amount)::int AS amount
            FROM ({rows}) AS mine JOIN comments_thread AS thread ON thread.id = thread_id
            GROUP BY site_id, author_id
        """,
        kind=kind,
        beside=beside,
    )


def _votes(value: int, carried: str) -> str:
    return f"""
        SELECT comment, sum(amount)::int AS amount FROM (
            SELECT comment_id AS comment, 1 AS amount FROM comments_vote WHERE value = {value}
          UNION ALL
            SELECT comment_id, {carried} FROM comments_carriedvotes
        ) AS each GROUP BY comment
    """


def _comments(status: str) -> str:
    return f"""
        SELECT thread_id, author_id, count(*) AS amount FROM comments_comment
        WHERE status = '{status}' GROUP BY thread_id, author_id
    """


FLAGS = """
    SELECT thread_id, author_id, count(*) AS amount FROM moderation_flag AS flag
    JOIN comments_comment AS comment ON comment.id = flag.comment_id GROUP BY thread_id, author_id
"""
#: From the published replies of each comment upwards: every ancestor counts them too.
DESCENDANTS = """
    SELECT comment, sum(amount)::int AS amount FROM (
        WITH RECURSIVE below AS (
            SELECT parent_id AS comment, count(*) AS amount FROM comments_comment
            WHERE status = 'published' AND parent_id IS NOT NULL GROUP BY parent_id
          UNION ALL
            SELECT parent_id, amount FROM below JOIN comments_comment ON id = comment
            WHERE parent_id IS NOT NULL
        ) SELECT comment, amount FROM below
    ) AS each GROUP BY comment
"""

COUNTS = (
    Count(
        "comments",
        THREAD,
        kept="SELECT id AS thread, comment_count AS amount FROM comments_thread",
        waiting="SELECT thread_id AS thread, amount FROM comments_tally WHERE counted = 'comments'",
        counted="""
            SELECT thread_id AS thread, count(*)::int AS amount FROM comments_comment
            WHERE status = 'published' GROUP BY thread_id
        """,
        kind=Counted.COMMENTS,
    ),
    Count(
        "comments by language",
        LANGUAGE,
        kept="""
            SELECT thread_id AS thread, language, comment_count AS amount
            FROM comments_threadlanguage
        """,
        waiting="""
            SELECT thread_id AS thread, language, amount FROM comments_tally
            WHERE counted = 'comments' AND language <> ''
        """,
        counted="""
            SELECT thread_id AS thread, language, count(*)::int AS amount FROM comments_comment
            WHERE status = 'published' GROUP BY thread_id, language
        """,
        kind=Counted.COMMENTS,
        beside=True,
    ),
    _of_comment("replies", Counted.REPLIES, "reply_count", DESCENDANTS),
    _of_comment("up votes", Counted.UP, "up_count", _votes(1, "up_count")),
    _of_comment("down votes", Counted.DOWN, "down_count", _votes(-1, "down_count")),
    Count(
        "reactions",
        REACTION,
        kept="""
            SELECT id AS comment, key AS reaction, value::int AS amount
            FROM comments_comment CROSS JOIN jsonb_each_text(reactions) WHERE reactions <> '{}'
        """,
        waiting="""
            SELECT comment_id AS comment, reaction, amount FROM comments_tally
            WHERE counted = 'reactions'
        """,
        counted="""
            SELECT comment_id AS comment, kind AS reaction, count(*)::int AS amount
            FROM comments_reaction GROUP BY comment_id, kind
        """,
        kind=Counted.REACTIONS,
    ),
    _of_comment(
        "reports",
        Counted.FLAGS,
        "flag_count",
        """
        SELECT comment_id AS comment, count(*)::int AS amount FROM moderation_flag
        GROUP BY comment_id
        """,
    ),
    _of_author(
        "published comments",
        Counted.COMMENTS,
        "published_count",
        _comments("published"),
        beside=True,
    ),
    _of_author("rejected comments", Counted.REJECTED, "rejected_count", _comments("rejected")),
    _of_author("withdrawn comments", Counted.WITHDRAWN, "withdrawn_count", _comments("withdrawn")),
    _of_author("reports of comments", Counted.FLAGS, "flag_count", FLAGS),
    Count(
        "version slots",
        THREAD,
        # Only whether there are any: a version counts nothing that is stored elsewhere.
        kept="SELECT DISTINCT thread_id AS thread, 1 AS amount FROM comments_threadslot",
        waiting="SELECT id AS thread, 0 AS amount FROM comments_thread WHERE false",
        counted="""
            SELECT thread_id AS thread, 1 AS amount FROM comments_threadslot
            UNION SELECT thread_id, 1 FROM comments_comment WHERE status = 'published'
        """,
        # One more and one less: what a fold changes it gives a version.
        kind=Counted.COMMENTS,
        beside=True,
    ),
)
