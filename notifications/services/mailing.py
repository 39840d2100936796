"""Mail for notices: at most once each.

A mail is claimed (`due` → `sending`) and the claim committed before the server hears of it. If
we die in between, nobody tries again: a missing mail is better than a second one, and the notice
stands in the inbox anyway.
"""

import smtplib
import socket
from dataclasses import replace
from datetime import timedelta
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
    socket.gaierror,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPRecipientsRefused,
)
#: A mail that was claimed longer ago was dropped by a worker that died.
LONGEST_TALK = timedelta(minutes=1)


class InHand(Exception):
    """Another worker is talking to the mail server about this very mail."""


def send(notice_id: UUID) -> None:
    """Send a notice's mail, if it is due and still true.

    Raises what the mail server says, and InHand while another worker is at it: the caller comes
    back later, should the server not take the mail from that one.
    """
    if not _change(notice_id, DeliveryState.DUE, DeliveryState.SENDING):
        if _in_hand(notice_id):
            raise InHand
        return
    try:
        message = _message(notice_id)
        if message is not None:
            message.send()
    except NOT_TAKEN:
        _change(notice_id, DeliveryState.SENDING, DeliveryState.DUE)
        raise
    ended = DeliveryState.SKIPPED if message is None else DeliveryState.SENT
    _change(notice_id, DeliveryState.SENDING, ended)


def _in_hand(notice_id: UUID) -> bool:
    lately = clock.now() - LONGEST_TALK
    rows = MailDelivery.objects.filter(notice=notice_id, state=DeliveryState.SENDING)
    return rows.filter(changed_at__gt=lately).exists()


def _change(notice_id: UUID, was: DeliveryState, now: DeliveryState) -> bool:
    rows = MailDelivery.objects.filter(notice=notice_id, state=was)
    return bool(rows.update(state=now, changed_at=clock.now()))


def _still_true(notice: Notice) -> bool:
    """A reply that is gone again is not mailed, nor is anything to a closed account, or to a
    reader without a mailbox.
    """
    gone = notice.kind == Kind.REPLY and notice.comment.status != Status.PUBLISHED
    reader = notice.reader
    return reader.is_active and bool(reader.mail_address) and not gone


def _message(notice_id: UUID) -> EmailMessage | None:
    """The mail: text only, in the reader's language, without a link that a commenter wrote. None
    where it is no longer true.
    """
    notice = notices_with_all().get(pk=notice_id)
    if not _still_true(notice):
        return None
    with translation.override(notice.reader.locale):
        view = notice_view(notice)
        view = replace(view, author_name=without_links(view.author_name or ""))
        shown = {"notice": view, "reader": notice.reader}
        subject = render_to_string(f"notifications/{notice.kind}_subject.txt", shown)
        body = render_to_string(f"notifications/{notice.kind}.txt", shown)
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=body.strip() + "\n",
        to=[notice.reader.mail_address],
    )
