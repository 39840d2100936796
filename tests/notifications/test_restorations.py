"""After a restore: all goes on inside, and nothing goes out that may have gone out before."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services import staff
from comments.services import lifecycle
from comments.states import Status
from common import clock
from moderation.models import Case
from moderation.services import decisions
from moderation.states import Ruling
from notifications.models import MailDelivery, Notice, Restoration
from notifications.services import restorations
from notifications.states import AsideReason, DeliveryState
from outbox.models import OutboxRow
from outbox.services import relay
from publishers.states import Screening
from tests.factories import CommentFactory, ModeratorFactory, ReaderFactory
from tests.staff import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def parent():
    return CommentFactory(author=ReaderFactory(name="Minji"))


def reply(parent, body="I agree."):
    return lifecycle.post(author=ReaderFactory(), thread=parent.thread, parent=parent, body=body)


def work():
    """Do what workers do, until nothing is left."""
    while rows := list(OutboxRow.objects.open().filter(attempts=0).values_list("pk", flat=True)):
        for row in rows:
            relay.deliver(row)


def deliver(event):
    """Do what workers do about one kind of event."""
    for row in OutboxRow.objects.open().filter(event=event).values_list("pk", flat=True):
        relay.deliver(row)


def restored():
    """It is as a restore leaves it: the rows are those of the backup, and it is on record."""
    return restorations.note(backup_taken_at=clock.now() - timedelta(hours=1))


def listed(**options):
    told = StringIO()
    call_command("release_deliveries", json=True, stdout=told, **({"list": True} | options))
    return json.loads(told.getvalue())["set_aside"]


def release(*ids, **options):
    told = StringIO()
    call_command("release_deliveries", *map(str, ids), json=True, stdout=told, **options)
    return json.loads(told.getvalue())["released"]


def test_a_mail_that_was_due_in_the_backup_is_set_aside_and_not_sent(parent):
    reply(parent)
    deliver("comments.CommentPosted")
    assert MailDelivery.objects.get().state == DeliveryState.DUE

    count = restored()
    work()

    assert count == 1
    assert mail.outbox == []
    delivery = MailDelivery.objects.get()
    assert (delivery.state, delivery.set_aside_because) == ("set_aside", AsideReason.PENDING)
    assert not OutboxRow.objects.open().exists()


def test_a_mail_that_was_half_way_out_is_set_aside_as_such(parent):
    reply(parent)
    deliver("comments.CommentPosted")
    MailDelivery.objects.update(state=DeliveryState.SENDING)

    restored()
    work()

    assert mail.outbox == []
    assert MailDelivery.objects.get().set_aside_because == AsideReason.BROKEN_OFF


def test_a_mail_that_went_out_before_the_backup_stays_as_it_is(parent):
    reply(parent)
    work()

    assert restored() == 0
    assert MailDelivery.objects.get().state == DeliveryState.SENT


def test_a_reply_nobody_was_told_of_yet_is_in_the_inbox_and_its_mail_waits(parent):
    reply(parent)

    restored()
    work()

    assert Notice.objects.get().reader == parent.author
    assert mail.outbox == []
    assert MailDelivery.objects.get().set_aside_because == AsideReason.OLDER


def test_what_waited_for_a_machine_is_screened_and_published_without_a_mail(parent):
    parent.thread.site.screening = Screening.SCREEN_FIRST
    parent.thread.site.save()
    child = reply(parent)
    assert child.status == Status.SCREENING

    restored()
    work()

    child.refresh_from_db()
    assert child.status == Status.PUBLISHED
    assert Notice.objects.get().comment == child
    assert mail.outbox == []


def test_a_case_that_is_decided_again_is_decided_without_a_mail(parent):
    links = "https://a.example https://b.example https://c.example"
    child = reply(parent, body=links)

    restored()
    work()
    case = Case.objects.get(comment=child)
    moderator = ModeratorFactory(site=parent.thread.site)
    decisions.decide(case_id=case.pk, ruling=Ruling.PUBLISH, actor=moderator)
    work()

    assert {notice.kind for notice in Notice.objects.all()} == {"decision", "reply"}
    assert mail.outbox == []
    assert MailDelivery.objects.filter(state=DeliveryState.SET_ASIDE).count() == 2


def test_a_new_reply_to_an_old_comment_is_mailed(parent):
    restored()

    reply(parent)
    work()

    assert [message.to for message in mail.outbox] == [[parent.author.email]]


def test_what_was_set_aside_is_listed_with_what_a_person_needs_to_decide(parent):
    child = reply(parent)
    restored()
    work()

    [row] = listed(list=False)

    assert row == {
        "id": MailDelivery.objects.get().pk,
        "happened_at": child.created_at.isoformat(),
        "kind": "reply",
        "because": "older",
        "reader": parent.author.email,
        "cause": f"reply:{child.pk}",
    }
    assert MailDelivery.objects.get().state == DeliveryState.SET_ASIDE


def test_what_is_released_is_sent_once_however_often_it_is_released(parent):
    reply(parent)
    restored()
    work()

    [row] = listed()
    released = [release(row["id"]) for _ in range(2)]
    work()
    released.append(release(all=True))
    work()

    assert released == [1, 0, 0]
    assert len(mail.outbox) == 1
    assert listed() == []


def test_only_what_is_chosen_is_released(parent):
    reply(parent)
    deliver("comments.CommentPosted")
    with clock.standing_at(clock.now() + timedelta(seconds=1)):
        reply(parent, body="And so do I.")
    later = Notice.objects.get().comment.created_at + timedelta(milliseconds=500)
    with clock.standing_at(clock.now() + timedelta(seconds=2)):
        restored()
        Restoration.objects.update(restored_at=clock.now())
        work()

    assert len(listed(because="older")) == 1
    assert len(listed(before=later)) == len(listed(because="pending")) == 1
    assert len(listed(all=True)) == 2
    assert release(before=later) == 1
    assert release(all=True, because="pending") == 0
    assert release(all=True) == 1
    work()
    assert len(mail.outbox) == 2


def test_ids_and_all_are_not_both_said():
    with pytest.raises(CommandError, match="not both"):
        call_command("release_deliveries", "1", all=True)


def test_a_released_mail_about_a_reply_that_is_gone_again_is_not_sent(parent):
    child = reply(parent)
    restored()
    work()
    lifecycle.withdraw(child.pk, author=child.author)

    release(all=True)
    work()

    assert mail.outbox == []
    assert MailDelivery.objects.get().state == DeliveryState.SKIPPED


def test_once_a_restore_is_settled_mail_about_older_comments_goes_out_again(parent):
    reply(parent)
    restored()

    settled = [restorations.settle(Restoration.objects.all()) for _ in range(2)]
    work()

    assert settled == [1, 0]
    assert len(mail.outbox) == 1


def test_an_operator_releases_and_settles_in_the_admin(parent):
    person = User.objects.create_superuser("operator@mail.example", name="Op")
    staff.vouch_for_address(person)
    operator = sign_in(Client(), person)
    reply(parent)
    restored()
    work()

    def act(page, action, row):
        address = reverse(f"admin:notifications_{page}_changelist")
        assert operator.get(address).status_code == 200
        chosen = {"action": action, "_selected_action": [row.pk]}
        return operator.post(address, chosen, follow=True)

    answer = act("maildelivery", "release", MailDelivery.objects.get())
    assert "1 mail will be sent." in answer.content.decode()
    work()
    assert len(mail.outbox) == 1
    answer = act("restoration", "settle", Restoration.objects.get())
    assert "1 restore is settled." in answer.content.decode()
    assert Restoration.objects.get().settled_at is not None
