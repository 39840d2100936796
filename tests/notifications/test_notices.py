"""Who is told what, once, in the inbox and by mail."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail

from accounts.services import mutes, tokens
from comments.services import lifecycle
from comments.states import Status
from common import clock
from moderation.services import decisions
from moderation.states import Ruling
from notifications.models import MailDelivery, Notice
from notifications.services import mailing
from notifications.states import DeliveryState
from outbox.models import OutboxRow
from outbox.services import relay
from tests.factories import (
    CaseFactory,
    CommentFactory,
    EditionFactory,
    ModeratorFactory,
    ReaderFactory,
    SiteFactory,
)

pytestmark = pytest.mark.django_db


def work(times=1):
    """Do what workers do, each message as often as it may be delivered."""
    while rows := list(OutboxRow.objects.open().filter(attempts=0).values_list("pk", flat=True)):
        for row in rows:
            for _ in range(times):
                relay.deliver(row)


@pytest.fixture
def parent():
    """A comment on the Korean edition, by a reader of Korean."""
    edition = EditionFactory(locale="ko", url="https://news.example/ko/story")
    return CommentFactory(
        thread=edition.thread, edition="ko", author=ReaderFactory(name="Minji", locale="en")
    )


def reply(parent, author=None, body="I agree with *most* of it."):
    return lifecycle.post(
        author=author or ReaderFactory(name="Jun"), thread=parent.thread, parent=parent, body=body
    )


def inbox(client, reader, site):
    _, text = tokens.issue_reader(user=reader, site=site)
    answer = client.get("/api/v1/me/notices", headers={"authorization": f"Bearer {text}"})
    assert answer.status_code == 200
    return answer.json()


def test_a_reply_is_told_to_whom_it_answers(client, parent):
    child = reply(parent)
    work()

    notice = inbox(client, parent.author, parent.thread.site)["results"][0]
    assert notice["kind"] == "reply"
    assert notice["author_name"] == "Jun"
    assert notice["excerpt"] == "I agree with most of it."
    assert notice["page_url"] == f"https://news.example/ko/story#comment-{child.pk}"
    assert [message.to for message in mail.outbox] == [[parent.author.email]]
    assert mail.outbox[0].subject == "Jun replied to your comment"


def test_a_reply_is_told_once_however_often_its_messages_come(client, parent):
    reply(parent)
    work(times=3)

    assert Notice.objects.count() == 1
    assert len(mail.outbox) == 1


def test_nobody_is_told_of_their_own_reply(parent):
    reply(parent, author=parent.author)
    work()

    assert not Notice.objects.exists()


def test_a_reply_that_waits_is_told_when_it_is_published(parent):
    links = "https://a.example https://b.example https://c.example"
    child = reply(parent, body=links)
    work()
    assert not Notice.objects.exists()

    lifecycle.move(child.pk, Status.PUBLISHED, actor=None)
    work()

    assert Notice.objects.get().reader == parent.author


def test_a_reply_published_twice_is_told_once(parent):
    child = reply(parent)
    for status in (Status.HELD, Status.PUBLISHED):
        lifecycle.move(child.pk, status, actor=None)
    work()

    assert Notice.objects.count() == 1


def test_a_reply_gone_before_the_mail_is_not_mailed_and_not_quoted(client, parent):
    child = reply(parent)
    for row in OutboxRow.objects.filter(event="comments.CommentPosted"):
        relay.deliver(row.pk)
    lifecycle.withdraw(child.pk, author=child.author)
    work()

    assert mail.outbox == []
    assert MailDelivery.objects.get().state == DeliveryState.SKIPPED
    notice = inbox(client, parent.author, parent.thread.site)["results"][0]
    assert (notice["author_name"], notice["excerpt"]) == (None, "")


def test_a_commenters_link_is_in_no_mail(parent):
    reply(parent, body="See [here](https://example.com/x) or example.com")
    work()

    assert "example.com" not in mail.outbox[0].body


def test_when_a_mail_went_out_is_on_record(parent):
    later = clock.now() + timedelta(hours=1)
    reply(parent)

    with clock.standing_at(later):
        work()

    delivery = MailDelivery.objects.get()
    assert (delivery.state, delivery.changed_at) == (DeliveryState.SENT, later)


def test_a_mail_the_server_did_not_take_is_tried_again(parent, monkeypatch):
    reply(parent)
    refusing = [True]
    send = mailing.EmailMessage.send

    def refuse_once(message, *args, **kwargs):
        if refusing.pop() if refusing else False:
            raise smtplib.SMTPConnectError(421, "busy")
        return send(message, *args, **kwargs)

    monkeypatch.setattr(mailing.EmailMessage, "send", refuse_once)
    work()
    assert mail.outbox == []

    relay.deliver(OutboxRow.objects.get(event="notifications.NoticeRaised").pk)

    assert len(mail.outbox) == 1


def test_a_mail_in_another_workers_hand_is_left_to_it_and_looked_at_again(parent):
    reply(parent)
    for row in OutboxRow.objects.filter(event="comments.CommentPosted"):
        relay.deliver(row.pk)
    MailDelivery.objects.update(state=DeliveryState.SENDING, changed_at=clock.now())
    row = OutboxRow.objects.get(event="notifications.NoticeRaised")

    relay.deliver(row.pk)
    row.refresh_from_db()
    assert (row.done_at, row.attempts) == (None, 1)

    MailDelivery.objects.update(state=DeliveryState.DUE)  # the server did not take it
    relay.deliver(row.pk)
    assert len(mail.outbox) == 1


def test_a_mail_that_broke_off_half_way_is_never_sent_again(parent, monkeypatch):
    reply(parent)

    def break_off(message, *args, **kwargs):
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr(mailing.EmailMessage, "send", break_off)
    work()
    monkeypatch.undo()
    relay.deliver(OutboxRow.objects.get(event="notifications.NoticeRaised").pk)

    assert mail.outbox == []
    assert MailDelivery.objects.get().state == DeliveryState.SENDING


def test_a_rejection_is_told_to_its_author_with_the_reason(client, parent):
    case = CaseFactory(comment=parent)
    moderator = ModeratorFactory(site=parent.thread.site)
    decisions.decide(
        case_id=case.pk, ruling=Ruling.REJECT, actor=moderator, reason="off_topic", note="See 3."
    )
    work(times=2)

    notice = inbox(client, parent.author, parent.thread.site)["results"][0]
    assert (notice["kind"], notice["ruling"]) == ("decision", "reject")
    assert notice["reasons"][0]["code"] == "off_topic"
    assert notice["reasons"][0]["text"].endswith("See 3.")
    assert len(mail.outbox) == 1
    assert "See 3." in mail.outbox[0].body
    assert moderator.name not in mail.outbox[0].body


def test_that_a_reported_comment_stays_is_no_news(parent):
    case = CaseFactory(comment=parent)
    decisions.decide(
        case_id=case.pk, ruling=Ruling.PUBLISH, actor=ModeratorFactory(site=parent.thread.site)
    )
    work()

    assert not Notice.objects.exists()


def test_a_reader_token_hears_of_its_own_site_only(client, parent):
    reply(parent)
    work()

    elsewhere = inbox(client, parent.author, SiteFactory())

    assert (elsewhere["results"], elsewhere["unread_count"]) == ([], 0)


def test_notices_are_marked_read(client, parent):
    reply(parent)
    reply(parent, author=ReaderFactory())
    work()
    site, reader = parent.thread.site, parent.author
    assert inbox(client, reader, site)["unread_count"] == 2
    first = inbox(client, reader, site)["results"][0]["id"]
    _, text = tokens.issue_reader(user=reader, site=site)

    def read(body):
        return client.post(
            "/api/v1/me/notices/read",
            body,
            content_type="application/json",
            headers={"authorization": f"Bearer {text}"},
        ).json()

    assert read({"ids": [first]}) == {"unread_count": 1}
    assert read({}) == {"unread_count": 0}


def test_the_inbox_takes_two_queries_however_full(client, parent, django_assert_num_queries):
    for _ in range(5):
        reply(parent, author=ReaderFactory())
    work()
    _, text = tokens.issue_reader(user=parent.author, site=parent.thread.site)
    client.get("/api/v1/me/notices", headers={"authorization": f"Bearer {text}"})

    with django_assert_num_queries(3):  # the token's own, the page, the unread
        client.get("/api/v1/me/notices", headers={"authorization": f"Bearer {text}"})


@pytest.mark.parametrize(
    "body",
    [
        "`http://win.example`",
        "http:\\//win.example",
        "http&#58;//win.example",
        "```\nwww.win.example\n```",
        "[here](http://win.example 'win.example')",
    ],
)
def test_a_link_is_in_no_mail_however_it_is_written(parent, body):
    reply(parent, body=body, author=ReaderFactory(name="Prizes at http://win.example"))
    work()

    message = mail.outbox[0]
    assert "win.example" not in message.subject + message.body


def test_replies_of_the_muted_raise_no_notice(parent):
    loud = ReaderFactory(name="Loud")
    mutes.mute(parent.author, loud)

    reply(parent, author=loud)
    reply(parent)
    work()

    assert [notice.comment.author.name for notice in Notice.objects.all()] == ["Jun"]
