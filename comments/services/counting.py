"""Counts and versions: who changes something inserts a `Tally` row; `fold` adds them up.

No request reads a count to write it back, and no two requests wait for the same counter. The
version of a thread moves in the writing transaction itself.
"""

from collections.abc import Sequence
from functools import partial
from typing import cast
from uuid import UUID

from django.db import connection, transaction

from comments.models import Comment, Tally
from comments.services import telling
from comments.states import Counted, Status
from common import cdn
from common.inserting import Clause, fetch
from outbox.services.waking import wake, woken
from publishers.services import purging

SLOTS = 8
#: A moment's work: the comments it counts for cannot be edited or moved meanwhile.
FOLDED_AT_ONCE = 2_000
FOLD_AFTER_SECONDS = 0.3
FOLD = "comments.fold_counts"


#: Moves a thread's version. A connection keeps to one slot, so that a transaction that touches a
#: thread twice never waits for a second slot while it holds the first.
TOUCH = """
    INSERT INTO comments_threadslot AS held (thread_id, slot, version)
    SELECT %s::uuid, pg_backend_pid() %% %s::int, 1 FROM gate
    ON CONFLICT (thread_id, slot) DO UPDATE SET version = held.version + 1
"""


def touching(thread_id: UUID) -> Clause:
    """Moves the thread's version, as a part of a statement with a gate (`common.inserting`)."""
    return TOUCH, [thread_id, SLOTS]


#: The last of a transaction's deeds: who writes in a thread holds its comment first and moves the
#: version then. Several in one order.
TOUCH_ALL = """
    INSERT INTO comments_threadslot AS held (thread_id, slot, version)
    SELECT id, pg_backend_pid() %% %s::int, 1 FROM unnest(%s::uuid[]) AS id ORDER BY id
    ON CONFLICT (thread_id, slot) DO UPDATE SET version = held.version + 1 RETURNING 1
"""


def touch(*thread_ids: UUID) -> None:
    """Move the versions of threads. One upsert on one slot of each."""
    if thread_ids:
        fetch(TOUCH_ALL, [SLOTS, list(thread_ids)])


def tell_soon(*thread_ids: UUID) -> None:
    """Readers see something else in these threads though no count changed (an edit, a thread that
    closed): whoever listens is told with the next fold. One insert.
    """
    Tally.objects.bulk_create(
        Tally(thread_id=each, counted=Counted.COMMENTS, amount=0) for each in thread_ids
    )
    fold_soon()


def note_language(comment: Comment, *, was: str) -> None:
    """A public comment is of another language than it was. One insert."""
    Tally.objects.bulk_create(
        Tally(
            thread_id=comment.thread_id, language=language, counted=Counted.COMMENTS, amount=amount
        )
        for language, amount in ((was, -1), (comment.language, 1))
    )
    fold_soon()


def tallies(comment: Comment, *, was: Status | None, now: Status) -> list[Tally]:
    """What a comment's way from `was` (None: it was not there) to `now` changes in the counts, not
    stored yet. One query below the second level.
    """
    return [
        row
        for status, amount in ((was, -1), (now, 1))
        for row in (
            _publication_tallies(comment, amount)
            if status == Status.PUBLISHED
            else _author_tallies(comment, status, amount)
        )
    ]


def _publication_tallies(comment: Comment, amount: int) -> list[Tally]:
    """A comment entered (1) or left (-1) what the public sees: its thread, ancestors and author
    count it. Not stored yet. One query below the second level.
    """
    thread = Tally(
        thread_id=comment.thread_id,
        author_id=comment.author_id,
        language=comment.language,
        counted=Counted.COMMENTS,
        amount=amount,
    )
    return [thread] + [
        Tally(thread_id=comment.thread_id, comment_id=each, counted=Counted.REPLIES, amount=amount)
        for each in ancestor_ids(comment)
    ]


#: What only an author's figures count.
OF_THE_AUTHOR = {Status.REJECTED: Counted.REJECTED, Status.WITHDRAWN: Counted.WITHDRAWN}


def _author_tallies(comment: Comment, status: Status | None, amount: int) -> list[Tally]:
    if status not in OF_THE_AUTHOR:
        return []
    return [
        Tally(
            thread_id=comment.thread_id,
            author_id=comment.author_id,
            counted=OF_THE_AUTHOR[status],
            amount=amount,
        )
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


ARRIVALS = """
    WITH RECURSIVE arrived AS (
        SELECT * FROM comments_comment WHERE id = ANY(%s)
    ), above AS (
        SELECT thread_id, parent_id AS id FROM arrived
        WHERE status = 'published' AND parent_id IS NOT NULL
      UNION ALL
        SELECT above.thread_id, up.parent_id
        FROM above JOIN comments_comment AS up ON up.id = above.id WHERE up.parent_id IS NOT NULL
    )
    INSERT INTO comments_tally (thread_id, comment_id, author_id, language, counted, amount)
    SELECT thread_id, NULL::uuid, author_id, language, 'comments', count(*) FROM arrived
    WHERE status = 'published' GROUP BY thread_id, author_id, language
  UNION ALL
    SELECT thread_id, NULL, author_id, '', status, count(*) FROM arrived
    WHERE status IN ('rejected', 'withdrawn') GROUP BY thread_id, author_id, status
  UNION ALL
    SELECT thread_id, id, NULL, '', 'replies', count(*) FROM above GROUP BY thread_id, id
    RETURNING 1
"""


def count_arrivals(comment_ids: Sequence[UUID]) -> None:
    """Have threads, ancestors and authors count comments that were stored without being counted:
    those that come from elsewhere. Who stores them sees that the tallies are folded. One insert.
    """
    fetch(ARRIVALS, [list(comment_ids)])


def fold_soon() -> None:
    """See that the counts are folded within half a second of this transaction's commit."""
    transaction.on_commit(partial(wake, FOLD, after=FOLD_AFTER_SECONDS))


#: Taken and added by one statement. No two of its parts write one table, and each row of theirs is
#: written once, however many tallies are for it. Rows are taken by an array of ids: the table is
#: emptied all the time, the planner believes it empty, and would join it with itself in a nested
#: loop (6 s for two thousand of ten thousand rows). What changes a comment's reactions is gathered
#: as `json`, which unlike `jsonb` keeps a key as often as it comes. What a newer release counts is
#: left for its workers.
ADD_UP = """
    WITH taken AS (
        DELETE FROM comments_tally
        WHERE id = ANY(ARRAY(
            SELECT id FROM comments_tally WHERE counted = ANY(%s) ORDER BY id LIMIT %s
        ))
        RETURNING *
    ), in_threads AS (
        UPDATE comments_thread AS held SET comment_count = comment_count + amount FROM (
            SELECT thread_id, sum(amount) AS amount FROM taken
            WHERE counted = 'comments' GROUP BY thread_id
        ) AS change
        WHERE held.id = change.thread_id AND amount <> 0
    ), in_languages AS (
        INSERT INTO comments_threadlanguage AS held (thread_id, language, comment_count)
        SELECT thread_id, language, sum(amount) FROM taken
        WHERE counted = 'comments' AND language <> ''
        GROUP BY thread_id, language HAVING sum(amount) <> 0
        ON CONFLICT (thread_id, language) DO UPDATE
        SET comment_count = held.comment_count + EXCLUDED.comment_count
    ), in_comments AS (
        UPDATE comments_comment AS held
        SET reply_count = reply_count + replies, up_count = up_count + up,
            down_count = down_count + down, flag_count = flag_count + flags,
            reactions = CASE WHEN reacted IS NULL THEN reactions ELSE (
                SELECT coalesce(jsonb_object_agg(kind, amount), '{}') FROM (
                    SELECT key AS kind, sum(value::int) AS amount FROM (
                        SELECT * FROM jsonb_each_text(held.reactions)
                        UNION ALL SELECT * FROM json_each_text(reacted)
                    ) AS each GROUP BY key HAVING sum(value::int) <> 0
                ) AS kinds
            ) END
        FROM (
            SELECT comment_id,
                coalesce(sum(amount) FILTER (WHERE counted = 'replies'), 0) AS replies,
                coalesce(sum(amount) FILTER (WHERE counted = 'up'), 0) AS up,
                coalesce(sum(amount) FILTER (WHERE counted = 'down'), 0) AS down,
                coalesce(sum(amount) FILTER (WHERE counted = 'flags'), 0) AS flags,
                json_object_agg(reaction, amount) FILTER (WHERE counted = 'reactions') AS reacted
            FROM taken WHERE comment_id IS NOT NULL GROUP BY comment_id
        ) AS change
        WHERE held.id = comment_id
            AND ((replies, up, down, flags) <> (0, 0, 0, 0) OR reacted IS NOT NULL)
    ), in_authors AS (
        INSERT INTO comments_authorfigures AS held (site_id, author_id,
            published_count, rejected_count, withdrawn_count, flag_count)
        SELECT site_id, author_id,
            coalesce(sum(amount) FILTER (WHERE counted = 'comments'), 0),
            coalesce(sum(amount) FILTER (WHERE counted = 'rejected'), 0),
            coalesce(sum(amount) FILTER (WHERE counted = 'withdrawn'), 0),
            coalesce(sum(amount) FILTER (WHERE counted = 'flags'), 0)
        FROM taken JOIN comments_thread AS thread ON thread.id = thread_id
        WHERE author_id IS NOT NULL
        GROUP BY site_id, author_id
        ON CONFLICT (author_id, site_id) DO UPDATE
        SET published_count = held.published_count + EXCLUDED.published_count,
            rejected_count = held.rejected_count + EXCLUDED.rejected_count,
            withdrawn_count = held.withdrawn_count + EXCLUDED.withdrawn_count,
            flag_count = held.flag_count + EXCLUDED.flag_count
    )
    SELECT count(*), array_agg(DISTINCT thread_id) FILTER (
        WHERE counted IN ('comments', 'replies', 'up', 'down', 'reactions')
    ) FROM taken
"""


def fold() -> int:
    """Add waiting `Tally` rows to the counts they change. Gives how many rows it took.

    One transaction: rows are taken and added, or neither. Folds queue for one advisory lock, so
    that a count never sees a withdrawal before its publication. Three queries, however many rows;
    after the commit who listens is told of threads that look otherwise now.
    """
    woken(FOLD)
    with transaction.atomic():
        fetch("SELECT pg_advisory_xact_lock(hashtext('comments.fold'))::text", [])
        [(taken, seen_by_the_public)] = fetch(ADD_UP, [Counted.values, FOLDED_AT_ONCE])
        if seen_by_the_public:
            touch(*seen_by_the_public)
            purging.purge_soon(*[f"thread-{each}" for each in seen_by_the_public])
            if not cdn.is_purged():  # else they are told once it has forgotten (`consumers`)
                transaction.on_commit(partial(telling.tell, *seen_by_the_public))
    return cast(int, taken)
