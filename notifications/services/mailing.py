"""Mail for notices: at most once each.

A mail is claimed (`due` → `sending`) and the claim committed before the server hears of it. If
we die in between, nobody tries again: a missing mail is better than a second one, and the notice
stands in the inbox anyway.
"""

import smtplib
from dataclasses import replace
from uuid import UUID

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

from comments.rendering import without_links
from comments.states import Status
from common import clock
from notifications.models import MailDelivery, Notice
from notifications.selectors import notice_view, notices_with_all
from notifications.states import DeliveryState, Kind

#: The server certainly did not take the mail: it may be tried again.
NOT_TAKEN = (
    ConnectionRefusedError,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPRecipientsRefused,
)


def send(notice_id: UUID) -> None:
    """Send a notice's mail, if it is due and still true. Raises what the mail server says."""
    if not _change(notice_id, DeliveryState.DUE, DeliveryState.SENDING):
        return
    notice = notices_with_all().get(pk=notice_id)
    if not _still_true(notice):
        _change(notice_id, DeliveryState.SENDING, DeliveryState.SKIPPED)
        return
    try:
        _message(notice).send()
    except NOT_TAKEN:
        _change(notice_id, DeliveryState.SENDING, DeliveryState.DUE)
        raise
    _change(notice_id, DeliveryState.SENDING, DeliveryState.SENT)


def _change(notice_id: UUID, was: DeliveryState, now: DeliveryState) -> bool:
    rows = MailDelivery.objects.filter(notice=notice_id, state=was)
    return bool(rows.update(state=now, changed_at=clock.now()))


def _still_true(notice: Notice) -> bool:
    """A reply that is gone again is not mailed, nor is anything to a closed account."""
    gone = notice.kind == Kind.REPLY and notice.comment.status != Status.PUBLISHED
    return notice.reader.is_active and not gone


def _message(notice: Notice) -> EmailMessage:
    """The mail: text only, in the reader's language, without a link that a commenter wrote."""
    with translation.override(notice.reader.locale):
        view = notice_view(notice)
        view = replace(view, author_name=without_links(view.author_name or ""))
        shown = {"notice": view, "reader": notice.reader}
        subject = render_to_string(f"notifications/{notice.kind}_subject.txt", shown)
        body = render_to_string(f"notifications/{notice.kind}.txt", shown)
    return EmailMessage(
        subject=" ".join(subject.split()), body=body.strip() + "\n", to=[notice.reader.email]
    )
