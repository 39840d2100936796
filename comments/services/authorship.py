"""Whose comments are whose: they change hands when somebody claims what they wrote elsewhere."""

from uuid import UUID

from django.db import transaction

from comments.services import counting
from common.inserting import fetch

#: Their authors' figures follow by tallies. A row for the new author and one for the former cancel
#: each other out in what threads count. What waits to be folded for a comment counts as well.
HAND_OVER = """
    WITH moved AS (
        UPDATE comments_comment AS held SET author_id = %s FROM (
            SELECT id FROM comments_comment WHERE author_id = %s ORDER BY id FOR NO KEY UPDATE
        ) AS theirs
        WHERE held.id = theirs.id RETURNING held.*
    ), changes AS (
        SELECT thread_id, language,
            CASE status WHEN 'published' THEN 'comments' ELSE status END AS counted,
            count(*) AS amount
        FROM moved WHERE status IN ('published', 'rejected', 'withdrawn')
        GROUP BY thread_id, language, status
      UNION ALL
        SELECT moved.thread_id, '', 'flags', sum(flag_count + coalesce(waiting, 0))
        FROM moved LEFT JOIN LATERAL (
            SELECT sum(amount) AS waiting FROM comments_tally
            WHERE comment_id = moved.id AND counted = 'flags'
        ) AS tallies ON true
        GROUP BY moved.thread_id
    ), tallied AS (
        INSERT INTO comments_tally (thread_id, author_id, language, counted, amount)
        SELECT thread_id, author, language, counted, sign * amount
        FROM changes CROSS JOIN (VALUES (%s::uuid, 1), (%s::uuid, -1)) AS whose (author, sign)
        WHERE amount <> 0
    )
    SELECT DISTINCT thread_id FROM moved
"""


@transaction.atomic
def hand_over(former_id: UUID, *, to: UUID) -> None:
    """Make `to` the author of all that the account `former_id` wrote, and count it so. Two
    statements; the comments are locked meanwhile.
    """
    rows = fetch(HAND_OVER, [to, former_id, to, former_id])
    counting.touch(*(thread for (thread,) in rows))
    if rows:
        counting.fold_soon()
