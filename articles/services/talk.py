"""Where readers talk at the moment: what is trending."""

from articles import ranking
from common import clock
from common.ids import id_at
from common.inserting import fetch

#: A site in uproar is weighed by its latest: older ones have cooled by then.
MOST_WEIGHED = 100_000

#: What one author says in a thread counts by its root: a quarrel of two is not many who talk. All
#: of an author's comments cool alike.
WEIGH = """
    WITH recent AS (
        SELECT thread_id, author_id, created_at FROM comments_comment
        WHERE id >= %s AND status = 'published' AND created_at >= %s
        ORDER BY id DESC LIMIT %s
    ), said AS (
        SELECT thread_id, count(*) AS comments,
            sum(power(0.5, extract(epoch FROM %s - created_at) / %s)) / sqrt(count(*)) AS heat
        FROM recent GROUP BY thread_id, author_id
    ), fresh AS (
        SELECT thread_id, site_id, sum(heat) AS heat, sum(comments) AS comments
        FROM said JOIN comments_thread AS thread ON thread.id = thread_id
        GROUP BY thread_id, site_id
    ), stored AS (
        INSERT INTO articles_talk AS held (thread_id, site_id, heat, comment_count)
        SELECT thread_id, site_id, heat, comments FROM fresh ORDER BY thread_id
        ON CONFLICT (thread_id) DO UPDATE
        SET heat = EXCLUDED.heat, comment_count = EXCLUDED.comment_count
        RETURNING thread_id
    ), cold AS (
        DELETE FROM articles_talk WHERE thread_id NOT IN (SELECT thread_id FROM fresh)
    )
    SELECT count(*) FROM stored
"""


def weigh() -> int:
    """Weigh the comments of the last two days anew. Gives how many threads have any. One
    statement, by the primary key: ids sort by time.
    """
    now = clock.now()
    since = now - ranking.TALK_ENDS
    earliest = id_at(since, seed="")
    half_life = ranking.TALK_HALVES.total_seconds()
    return fetch(WEIGH, [earliest, since, MOST_WEIGHED, now, half_life])[0][0]
