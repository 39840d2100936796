"""Versions of threads after a restore: they never go back."""

from django.db import connection

#: More than a thread can have moved between a backup and its loss; a million such steps still
#: are a number that every client counts exactly.
STEP = 1_000_000_000


def move_all_on() -> None:
    """Lift every thread's version beyond all that clients and CDNs can have seen of it. One query,
    in SQL that names only the columns it needs: a restore calls it before it migrates.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO comments_threadslot (thread_id, slot, version)
            SELECT id, 0, %s FROM comments_thread
            ON CONFLICT (thread_id, slot)
            DO UPDATE SET version = comments_threadslot.version + EXCLUDED.version
            """,
            [STEP],
        )
