"""After a restore nothing is sent a second time: what may have gone out before is set aside.

Between a backup and the loss of its database, comments were screened, cases decided and readers
mailed; the restored database knows nothing of it and lets all of it happen again. Inside that is
right. Outside it would be a second mail, so deliveries about comments from before the restore wait
for a person.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction

from comments.models import Comment
from common import clock
from notifications.events import NoticeRaised
from notifications.models import MailDelivery, Restoration
from notifications.states import DeliveryState
from outbox.services import relay

RELEASED_AT_ONCE = 200


def note(*, backup_taken_at: datetime) -> int:
    """Record that the database was just restored, and set aside the deliveries that were pending
    in the backup. Gives how many.

    Part of the restore's own transaction, when the tables are still those of the backup's
    release: therefore in SQL that names only the columns it needs. Two statements.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO notifications_restoration (backup_taken_at, restored_at)
            VALUES (%s, clock_timestamp())
            """,
            [backup_taken_at],
        )
        cursor.execute(
            """
            UPDATE notifications_maildelivery
            SET state = 'set_aside', changed_at = clock_timestamp(),
                set_aside_because = CASE state WHEN 'due' THEN 'pending' ELSE 'broken_off' END
            WHERE state IN ('due', 'sending')
            """
        )
        return int(cursor.rowcount)


def may_have_heard_of(comment: Comment) -> bool:
    """Whether a mail about `comment` may have gone out before a restore. One query."""
    open_ones = Restoration.objects.filter(settled_at=None)
    return open_ones.filter(restored_at__gte=comment.created_at).exists()


def release(delivery_ids: Sequence[int]) -> int:
    """Let deliveries that were set aside go out. Gives how many there were; one that was released
    before is left alone. Transactions of `RELEASED_AT_ONCE` deliveries each.
    """
    starts = range(0, len(delivery_ids), RELEASED_AT_ONCE)
    return sum(_release(delivery_ids[start : start + RELEASED_AT_ONCE]) for start in starts)


@transaction.atomic
def _release(ids: Sequence[int]) -> int:
    rows = MailDelivery.objects.filter(pk__in=ids, state=DeliveryState.SET_ASIDE)
    released = list(rows.select_for_update().order_by("pk"))
    MailDelivery.objects.filter(pk__in=[row.pk for row in released]).update(
        state=DeliveryState.DUE, changed_at=clock.now()
    )
    relay.record(*(NoticeRaised(row.notice_id) for row in released))
    return len(released)


def settle(restorations: Iterable[Restoration]) -> int:
    """From now on mail about comments from before these restores goes out by itself. What was set
    aside stays so. Gives how many were not settled before.
    """
    open_ones = Restoration.objects.filter(settled_at=None)
    return open_ones.filter(pk__in=[each.pk for each in restorations]).update(
        settled_at=clock.now()
    )
