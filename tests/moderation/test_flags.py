"""Reports by readers: one each, and one open case however many come at once."""

import threading
from functools import partial

import pytest
from django.db import connection, transaction

from comments.states import Status
from moderation.models import Case, Flag
from moderation.services import decisions, flags
from moderation.services.flags import OwnCommentFlagged
from moderation.states import FlagReason, Ruling
from tests.factories import CaseFactory, CommentFactory, ModeratorFactory, ReaderFactory
from tests.together import at_once

pytestmark = pytest.mark.django_db


def test_a_report_opens_a_case_at_the_comments_site():
    comment = CommentFactory()

    flags.raise_flag(comment=comment, actor=ReaderFactory(), reason=FlagReason.SPAM)

    case = Case.objects.open().get()
    assert (case.comment, case.site) == (comment, comment.thread.site)
    assert case.flags.get().reason == FlagReason.SPAM


def test_reports_of_several_readers_share_the_case():
    comment = CommentFactory()

    for _ in range(3):
        flags.raise_flag(comment=comment, actor=ReaderFactory(), reason=FlagReason.SPAM)

    assert Case.objects.get().flags.count() == 3


def test_a_report_joins_the_case_of_a_held_comment():
    case = CaseFactory()

    flags.raise_flag(comment=case.comment, actor=ReaderFactory(), reason=FlagReason.OTHER)

    assert case.flags.count() == 1


def test_a_repeated_report_changes_the_first():
    comment, reader = CommentFactory(), ReaderFactory()
    flags.raise_flag(comment=comment, actor=reader, reason=FlagReason.SPAM)

    flags.raise_flag(comment=comment, actor=reader, reason=FlagReason.ABUSE, detail="Look.")

    flag = Flag.objects.get()
    assert (flag.reason, flag.detail) == (FlagReason.ABUSE, "Look.")


def test_a_repeated_report_does_not_reopen_what_was_decided():
    comment, reader = CommentFactory(), ReaderFactory()
    flags.raise_flag(comment=comment, actor=reader, reason=FlagReason.SPAM)
    decisions.decide(case_id=Case.objects.get().pk, ruling=Ruling.PUBLISH, actor=ModeratorFactory())

    flags.raise_flag(comment=comment, actor=reader, reason=FlagReason.ABUSE)
    assert not Case.objects.open().exists()

    flags.raise_flag(comment=comment, actor=ReaderFactory(), reason=FlagReason.ABUSE)
    assert Case.objects.open().count() == 1


def test_nobody_reports_their_own_comment():
    comment = CommentFactory()

    with pytest.raises(OwnCommentFlagged):
        flags.raise_flag(comment=comment, actor=comment.author, reason=FlagReason.SPAM)


@pytest.mark.django_db(transaction=True)
def test_reports_at_the_same_moment_open_one_case():
    comment = CommentFactory()

    def report(reader):
        flags.raise_flag(comment=comment, actor=reader, reason=FlagReason.SPAM)

    at_once(*[partial(report, reader) for reader in ReaderFactory.create_batch(4)])

    assert Case.objects.get().flags.count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_report_that_comes_while_its_case_is_decided_gets_a_case_of_its_own():
    case = CaseFactory(comment__status=Status.PUBLISHED)
    reader, moderator = ReaderFactory(), ModeratorFactory()
    reporting = threading.Event()

    def report():
        try:
            reporting.set()
            flags.raise_flag(comment=case.comment, actor=reader, reason=FlagReason.SPAM)
        finally:
            connection.close()

    late = threading.Thread(target=report)
    with transaction.atomic():
        decisions.decide(case_id=case.pk, ruling=Ruling.PUBLISH, actor=moderator)
        late.start()
        reporting.wait(timeout=10)
        late.join(timeout=0.5)  # it waits for the lock, or would be through by now
    late.join(timeout=20)

    assert Case.objects.open().get().flags.get().reader == reader
