"""Conversations in bulk, by COPY: rows as a life of posting and voting would have left them.

Triggers and foreign keys are left out while rows come in, so all that they would have seen to is
written here: the log of texts and verdicts, votes, counts, versions. `reconcile` finds nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from bench import words
from comments import rendering
from comments.models import Comment
from comments.services.loading import PHASE, PHASE_VERSION
from comments.states import Status
from common import clock
from common.ids import new_id
from operations import reconciling

#: Roots at the newest end that have `FIRST` replies each, so that a first page is full.
NEWEST, FIRST = 20, 3
DEEPEST = 6
TEXTS, VOTES = 500, 997
LIFE = timedelta(days=30)
AT_ONCE = 2_000
NULL = "\\N"
LENGTH = (
    "about 225 characters in English, Korean and Japanese, 40 % replies down to the sixth level"
)
COPIED = (
    *("id", "thread_id", "parent_id", "root_id", "depth", "reply_count"),
    *("up_count", "down_count", "created_at", "published_at", "touched_at", "author_id"),
    *("body", "body_html", "language"),
)
PREPARE = (
    "SET LOCAL session_replication_role = replica",
    "SET LOCAL work_mem = '256MB'",
    "SET LOCAL maintenance_work_mem = '512MB'",
)
#: Indexes that only find rows: made anew when all are there, which takes a fifth of the time.
FINDING = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE NOT indisunique AND indrelid = ANY(ARRAY[
        'comments_comment', 'comments_revision', 'comments_verdict', 'comments_vote'
    ]::regclass[])
"""
FILLED = """
    WITH filled AS NOT MATERIALIZED (
        SELECT * FROM comments_comment WHERE thread_id = ANY(%(threads)s::uuid[])
    )
"""
#: What belongs to them. A comment's text and verdict have its id.
FOLLOW = (
    """
    INSERT INTO comments_revision (id, comment_id, number, body, created_at, in_force_at)
    SELECT id, id, 1, body, created_at, created_at FROM filled
    """,
    f"""
    INSERT INTO comments_verdict
        (id, revision_id, phase, version, outcome, reason, evidence, final, created_at)
    SELECT id, id, '{PHASE}', '{PHASE_VERSION}', 'pass', '', '', true, created_at FROM filled
    """,  # noqa: S608  (words of ours)
    """
    INSERT INTO comments_vote (comment_id, reader_id, value, created_at)
    SELECT filled.id, reader.id, CASE WHEN nth <= up_count THEN 1 ELSE -1 END, created_at
    FROM filled, unnest((%(readers)s::uuid[])[1:up_count + down_count])
        WITH ORDINALITY AS reader (id, nth)
    """,
    """
    UPDATE comments_thread AS thread SET comment_count = counted
    FROM (SELECT thread_id, count(*) AS counted FROM filled GROUP BY thread_id) AS each
    WHERE thread.id = thread_id
    """,
    """
    INSERT INTO comments_threadlanguage (thread_id, language, comment_count)
    SELECT thread_id, language, count(*) FROM filled GROUP BY thread_id, language
    """,
    """
    INSERT INTO comments_threadslot (thread_id, slot, version)
    SELECT id, 0, 1 FROM unnest(%(threads)s::uuid[]) AS id
    """,
    """
    INSERT INTO comments_authorfigures AS held (site_id, author_id,
        published_count, rejected_count, withdrawn_count, flag_count)
    SELECT site_id, author_id, count(*), 0, 0, 0
    FROM filled JOIN comments_thread AS thread ON thread.id = thread_id GROUP BY site_id, author_id
    ON CONFLICT (author_id, site_id)
    DO UPDATE SET published_count = held.published_count + EXCLUDED.published_count
    """,
)


class Place(NamedTuple):
    """Where a comment hangs. `turn` is its number from the newest end: threads of all sizes have
    the same texts, authors and votes there.
    """

    id: UUID
    parent: UUID | None
    root: UUID | None
    depth: int
    reply_count: int
    turn: int


def tree(size: int) -> Iterator[Place]:
    """A thread's comments in order of time: six in ten of the first level, then their replies. The
    newest roots have three each, the rest stands in chains down to the sixth level.
    """
    roots = [new_id() for _ in range(max(1, size * 6 // 10))]
    first = min(size - len(roots), NEWEST * FIRST)
    chains, rest = divmod(size - len(roots) - first, DEEPEST)
    for number, root in enumerate(roots):
        turn = len(roots) - 1 - number
        count = min(max(first - FIRST * turn, 0), FIRST) if turn < NEWEST else 0
        count += DEEPEST * len(range(number, chains, len(roots)))
        count += rest if number == chains % len(roots) else 0
        yield Place(root, None, None, 0, count, turn)
    for number in range(first):
        root = roots[-1 - number // FIRST]
        yield Place(new_id(), root, root, 1, 0, number + TEXTS // 2)
    for number in range(chains + 1):
        above = root = roots[number % len(roots)]
        length = DEEPEST if number < chains else rest
        for depth in range(1, length + 1):
            own = new_id()
            yield Place(own, above, root, depth, length - depth, number + depth)
            above = own


@dataclass(frozen=True)
class Filling:
    """Fills threads of one site with comments of its `readers`. `together` threads are written to
    in turn, as conversations that go on at the same time would be.
    """

    database: "psycopg.Connection[Any]"
    readers: Sequence[UUID]
    together: int = 1

    def fill(
        self, plan: Sequence[tuple[UUID, int]], *, told: Callable[[int], None] = lambda done: None
    ) -> None:
        """So many comments in each thread (id and number), in one transaction. `told` hears now and
        then how many are there.
        """
        lines = self._lines(plan)
        names = ", ".join(f'"{name}"' for name in (*COPIED, *_constants()))
        given = {"threads": [thread for thread, _ in plan], "readers": list(self.readers)}
        with self.database.transaction(), self.database.cursor() as cursor:
            for statement in PREPARE:
                cursor.execute(statement)
            found = cursor.execute(FINDING).fetchall()
            for name, _ in found:
                cursor.execute(f"DROP INDEX {name}")
            with cursor.copy(f"COPY comments_comment ({names}) FROM STDIN") as copy:
                stored = 0
                while some := list(islice(lines, AT_ONCE)):
                    copy.write(b"".join(some))
                    told(stored := stored + len(some))
            cursor.execute("ANALYZE comments_comment")
            for statement in FOLLOW:
                cursor.execute(FILLED + statement, given)
            for _, definition in found:
                cursor.execute(definition)

    def _lines(self, plan: Sequence[tuple[UUID, int]]) -> Iterator[bytes]:
        """Each comment as COPY takes it, in the order of their times."""
        texts, votes = _texts(), _votes()
        began, step = clock.now() - LIFE, LIFE / (sum(size for _, size in plan) + 1)
        readers = [str(each) for each in self.readers]
        for number, (thread, at) in enumerate(_in_turn(plan, self.together)):
            when = (began + number * step).isoformat()
            up, down = votes[at.turn % VOTES]
            yield (
                f"{at.id}\t{thread}\t{at.parent or NULL}\t{at.root or NULL}\t{at.depth}\t"
                f"{at.reply_count}\t{up}\t{down}\t{when}\t{when}\t{when}\t"
                f"{readers[at.turn % len(readers)]}\t{texts[at.turn % TEXTS]}\n"
            ).encode()


def _in_turn(plan: Sequence[tuple[UUID, int]], together: int) -> Iterator[tuple[UUID, Place]]:
    for start in range(0, len(plan), together):
        growing = [(thread, tree(size)) for thread, size in plan[start : start + together]]
        while growing:
            still = []
            for thread, comments in growing:
                if at := next(comments, None):
                    yield thread, at
                    still.append((thread, comments))
            growing = still


def _texts() -> list[str]:
    """The last columns: a body, what follows from it, and what is the same in every row."""
    same = "".join(f"\t{_copied(value)}" for value in _constants().values())
    return [
        f"{_copied(body)}\t{_copied(rendering.to_html(body))}\t{language}{same}"
        for language, body in islice(words.longer("filling"), TEXTS)
    ]


def _votes() -> list[tuple[int, int]]:
    """Up and down votes as they are spread: most comments have none, few have many."""
    chance = Random("votes")
    kinds, shares = ((0, 0), (1, 0), (2, 1), (5, 1), (20, 4)), (800, 140, 40, 16, 4)
    return chance.choices(kinds, weights=shares, k=VOTES)


def _constants() -> dict[str, Any]:
    """Columns that no comment here differs in."""
    said = {
        "renderer_version": rendering.RENDERER_VERSION,
        "edition": "en",
        "status": Status.PUBLISHED,
    }
    rest = {
        field.column: said.get(field.column, field.get_default())
        for field in Comment._meta.concrete_fields
        if not field.generated and not field.has_db_default()
    }
    return {name: value for name, value in rest.items() if name not in COPIED}


def _copied(value: Any) -> str:
    """A value as COPY takes it."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "t" if value else "f"
    text = str(value).replace("\\", "\\\\")
    return text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


class Unsound(Exception):
    """What was filled is not as its rows say; the text has the first differences."""


def prove() -> None:
    """Recount everything. Raises Unsound."""
    if found := reconciling.differences():
        raise Unsound("; ".join(str(each) for each in found[:5]))
