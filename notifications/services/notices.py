"""Notices: one for each reader and cause."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from comments.models import Comment
from common import clock
from moderation.models import Decision
from notifications.events import NoticeRaised
from notifications.models import MailDelivery, Notice
from notifications.services import restorations
from notifications.states import AsideReason, DeliveryState, Kind
from outbox.services import relay


@transaction.atomic
def raise_for(
    reader: User, *, kind: Kind, cause: str, comment: Comment, decision: Decision | None = None
) -> Notice | None:
    """Tell `reader` once; None if they were told already. A mail follows by the outbox, unless it
    may have gone out before the database was restored: then it waits for a person.
    """
    said: dict[str, Any] = {"kind": kind, "comment": comment, "decision": decision}
    notice, is_new = Notice.objects.get_or_create(reader=reader, cause=cause, defaults=said)
    if not is_new:
        return None
    if restorations.may_have_heard_of(comment):
        aside = {"state": DeliveryState.SET_ASIDE, "set_aside_because": AsideReason.OLDER}
        MailDelivery.objects.create(notice=notice, **aside)
    else:
        MailDelivery.objects.create(notice=notice)
        relay.record(NoticeRaised(notice.pk))
    return notice


def mark_read(*, reader: User, site_id: UUID | None, ids: Sequence[UUID] | None) -> int:
    """Mark the reader's notices (of one site, or of all) read: those named, or all. Gives how
    many were unread.
    """
    rows = Notice.objects.filter(reader=reader, read_at=None)
    if site_id is not None:
        rows = rows.filter(comment__thread__site=site_id)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    return rows.update(read_at=clock.now())
