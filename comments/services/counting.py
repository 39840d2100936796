"""Counts and versions: who changes something inserts a `Tally` row; `fold` adds them up.

No request reads a count to write it back, and no two requests wait for the same counter. The
version of a thread moves in the writing transaction itself.
"""

from collections import defaultdict
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from comments.models import Comment, Tally, Thread
from comments.states import Counted
from common.inserting import Clause
from outbox.services.waking import wake, woken

SLOTS = 8
FOLDED_AT_ONCE = 5_000
FOLD_AFTER_SECONDS = 0.3
FOLD = "comments.fold_counts"


#: Moves a thread's version. A connection keeps to one slot, so that a transaction that touches a
#: thread twice never waits for a second slot while it holds the first.
TOUCH = """
    INSERT INTO comments_threadslot AS held (thread_id, slot, version)
    SELECT %s::uuid, pg_backend_pid() %% %s::int, 1 FROM {gate}
    ON CONFLICT (thread_id, slot) DO UPDATE SET version = held.version + 1
"""


def touch(thread_id: UUID) -> None:
    """Move the thread's version. One upsert on one of its slots."""
    with connection.cursor() as cursor:
        cursor.execute(TOUCH.format(gate="(SELECT 1) AS gate"), [thread_id, SLOTS])


def touching(thread_id: UUID) -> Clause:
    """The same as a part of a statement with a gate (`common.inserting`)."""
    return TOUCH.format(gate="gate"), [thread_id, SLOTS]


def note_publication(comment: Comment, amount: int) -> None:
    """A comment entered (1) or left (-1) what the public sees: its thread and ancestors count it.

    Two queries for a reply below the second level, one insert else.
    """
    Tally.objects.bulk_create(publication_tallies(comment, amount))
    fold_soon()


def publication_tallies(comment: Comment, amount: int) -> list[Tally]:
    """The rows of `note_publication`, not stored yet. One query below the second level."""
    thread = Tally(
        thread_id=comment.thread_id,
        language=comment.language,
        counted=Counted.COMMENTS,
        amount=amount,
    )
    return [thread] + [
        Tally(thread_id=comment.thread_id, comment_id=each, counted=Counted.REPLIES, amount=amount)
        for each in ancestor_ids(comment)
    ]


def ancestor_ids(comment: Comment) -> list[UUID]:
    """Ids of all comments above this one. No query down to depth 2, one below."""
    if comment.parent_id is None or comment.root_id is None:
        return []
    if comment.parent_id == comment.root_id:
        return [comment.root_id]
    if comment.depth == 2:
        return [comment.parent_id, comment.root_id]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE above AS (
                SELECT id, parent_id FROM comments_comment WHERE id = %s
                UNION ALL
                SELECT up.id, up.parent_id FROM comments_comment up, above
                WHERE up.id = above.parent_id
            ) SELECT id FROM above
            """,
            [comment.parent_id],
        )
        return [row[0] for row in cursor.fetchall()]


def fold_soon() -> None:
    """See that the counts are folded within half a second of this transaction's commit."""
    transaction.on_commit(_wake_fold)


def _wake_fold() -> None:
    wake(FOLD, after=FOLD_AFTER_SECONDS)


def fold() -> int:
    """Add waiting `Tally` rows to the counts they change. Gives how many rows it took.

    One transaction: rows are taken and added, or neither. Folds queue for one advisory lock, so
    that a count never sees a withdrawal before its publication.
    """
    woken(FOLD)
    with transaction.atomic():
        taken = _take()
        threads: dict[UUID, int] = defaultdict(int)
        languages: dict[tuple[UUID, str], int] = defaultdict(int)
        comments: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for thread_id, comment_id, language, counted, amount in taken:
            if counted == Counted.COMMENTS:
                threads[thread_id] += amount
                languages[thread_id, language] += amount
            else:
                comments[comment_id][COLUMNS[counted]] += amount
        for thread_id, amount in sorted(threads.items()):
            Thread.objects.filter(pk=thread_id).update(comment_count=F("comment_count") + amount)
        for (thread_id, language), amount in sorted(languages.items()):
            _add_language(thread_id, language, amount)
        for comment_id, amounts in sorted(comments.items()):
            Comment.objects.filter(pk=comment_id).update(
                **{column: F(column) + amount for column, amount in amounts.items()}
            )
        for thread_id in sorted({row[0] for row in taken}):
            touch(thread_id)
    return len(taken)


COLUMNS = {
    Counted.REPLIES.value: "reply_count",
    Counted.UP.value: "up_count",
    Counted.DOWN.value: "down_count",
}


def _take() -> list[tuple[UUID, UUID, str, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('comments.fold'))")
        cursor.execute(
            """
            DELETE FROM comments_tally
            WHERE id IN (SELECT id FROM comments_tally ORDER BY id LIMIT %s)
            RETURNING thread_id, comment_id, language, counted, amount
            """,
            [FOLDED_AT_ONCE],
        )
        return list(cursor.fetchall())


def _add_language(thread_id: UUID, language: str, amount: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO comments_threadlanguage (thread_id, language, comment_count)
            VALUES (%s, %s, %s)
            ON CONFLICT (thread_id, language) DO UPDATE
            SET comment_count = comments_threadlanguage.comment_count + EXCLUDED.comment_count
            """,
            [thread_id, language, amount],
        )
