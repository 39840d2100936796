"""The factories set sound scenes."""

import pytest

from comments.states import Status
from tests.factories import CaseFactory, CommentFactory, EditionFactory, FlagFactory, VerdictFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("status", Status)
def test_a_comment_can_be_made_in_any_state(status):
    comment = CommentFactory(status=status)

    comment.refresh_from_db()
    assert comment.status == status
    assert comment.revisions.get().body == comment.body


def test_replies_are_counted_by_thread_and_ancestors():
    top = CommentFactory()
    reply = CommentFactory(parent=CommentFactory(parent=top))
    CommentFactory(parent=reply, status=Status.HELD)

    top.refresh_from_db()
    top.thread.refresh_from_db()
    assert (reply.root_id, reply.depth) == (top.pk, 2)
    assert (top.reply_count, top.thread.comment_count) == (2, 3)


def test_cases_flags_and_verdicts_hang_together():
    case = CaseFactory()
    VerdictFactory(comment=case.comment)
    flag = FlagFactory(case=case)

    assert flag.comment.thread.site == case.site == flag.case.site


def test_editions_share_the_thread_of_their_article_unless_split():
    english = EditionFactory()
    korean = EditionFactory(article=english.article, locale="ko")
    split = EditionFactory(article__split_threads=True)
    other = EditionFactory(article=split.article, locale="ko")

    assert korean.thread == english.thread
    assert korean.thread.site == english.article.site
    assert split.thread != other.thread
