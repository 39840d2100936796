"""Mails read as a native speaker would write them, as a whole."""

from textwrap import dedent

import pytest
from django.core import mail

from moderation.models import Decision
from moderation.states import Ruling
from notifications.services import mailing, notices
from notifications.states import Kind
from tests.factories import (
    ArticleFactory,
    CaseFactory,
    CommentFactory,
    EditionFactory,
    ModeratorFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

TITLES = {
    "en": "Night trains are back",
    "ko": "돌아온 ‘밤기차’",
    "ja": "「夜行列車」が帰ってきた",
}


def mailed(notice):
    """Send a notice's mail and give its subject and body, signed by the site it comes from."""
    mailing.send(notice.pk)
    body, _, signature = mail.outbox[-1].body.partition("\n\n-- \n")
    assert notice.comment.thread.site.name in signature
    return f"{mail.outbox[-1].subject}\n\n{body}\n"


def thread_in(locale):
    edition = EditionFactory(
        article=ArticleFactory(external_id="night-trains"), locale=locale, title=TITLES[locale]
    )
    return edition.thread


REPLY = {
    "en": """\
        Mina & Co replied to your comment

        Mina & Co replied to your comment on “Night trains are back”:

          I took one last week.

        Read it and answer:
        https://news.example/en/night-trains#comment-{id}
        """,
    "ko": """\
        Mina & Co 님이 답글을 남겼습니다

        “돌아온 ‘밤기차’” 기사에 쓰신 댓글에 Mina & Co 님이 답글을 남겼습니다:

          I took one last week.

        답글을 읽고 답하기:
        https://news.example/ko/night-trains#comment-{id}
        """,
    "ja": """\
        Mina & Coさんから返信がありました

        『「夜行列車」が帰ってきた』へのコメントにMina & Coさんから返信がありました：

          I took one last week.

        返信を読む・答える：
        https://news.example/ja/night-trains#comment-{id}
        """,
}


@pytest.mark.parametrize(("locale", "letter"), REPLY.items())
def test_a_reply_is_told_in_the_readers_language(locale, letter):
    answered = CommentFactory(
        thread=thread_in(locale), author=UserFactory(locale=locale), edition=locale
    )
    reply = CommentFactory(
        parent=answered,
        author=UserFactory(name="Mina & Co"),
        body="I took one last week.",
        edition=locale,
    )
    notice = notices.raise_for(answered.author, kind=Kind.REPLY, cause="reply", comment=reply)

    arrived = mailed(notice)

    assert arrived == dedent(letter).format(id=reply.pk)


REJECTION = {
    "en": """\
        Your comment was not published

        A moderator read your comment on “Night trains are back” and decided not to show it:

          Buy my tickets.

        The reason: It advertises, or repeats what was posted elsewhere. Once is enough.

        https://news.example/en/night-trains#comment-{id}
        """,
    "ko": """\
        댓글이 게시되지 않았습니다

        “돌아온 ‘밤기차’” 기사에 쓰신 댓글을 운영자가 확인하고 게시하지 않기로 했습니다:

          Buy my tickets.

        사유: 광고이거나 다른 곳에 올린 글을 되풀이한 내용입니다. Once is enough.

        https://news.example/ko/night-trains#comment-{id}
        """,
    "ja": """\
        コメントは掲載されませんでした

        『「夜行列車」が帰ってきた』へのコメントを担当者が確認し、掲載を見送りました：

          Buy my tickets.

        理由：宣伝、またはほかの場所にも投稿された内容です。 Once is enough.

        https://news.example/ja/night-trains#comment-{id}
        """,
}
PUBLICATION = {
    "en": """\
        Your comment is published

        A moderator read your comment on “Night trains are back” and published it:

          Buy my tickets.

        https://news.example/en/night-trains#comment-{id}
        """,
    "ko": """\
        댓글이 게시되었습니다

        “돌아온 ‘밤기차’” 기사에 쓰신 댓글을 운영자가 확인하고 게시했습니다:

          Buy my tickets.

        https://news.example/ko/night-trains#comment-{id}
        """,
    "ja": """\
        コメントが掲載されました

        『「夜行列車」が帰ってきた』へのコメントを担当者が確認し、掲載しました：

          Buy my tickets.

        https://news.example/ja/night-trains#comment-{id}
        """,
}


@pytest.mark.parametrize("locale", ["en", "ko", "ja"])
@pytest.mark.parametrize(
    ("ruling", "reason", "note", "letters"),
    [
        (Ruling.REJECT, "spam", "Once is enough.", REJECTION),
        (Ruling.PUBLISH, "", "", PUBLICATION),
    ],
)
def test_a_decision_is_told_in_the_readers_language(locale, ruling, reason, note, letters):
    case = CaseFactory(
        comment=CommentFactory(
            thread=thread_in(locale),
            author=UserFactory(locale=locale),
            body="Buy my tickets.",
            edition=locale,
            status="held",
        )
    )
    decision = Decision.objects.create(
        case=case,
        comment=case.comment,
        actor=ModeratorFactory(),
        ruling=ruling,
        reason=reason,
        note=note,
        was="held",
    )
    notice = notices.raise_for(
        case.comment.author,
        kind=Kind.DECISION,
        cause="decision",
        comment=case.comment,
        decision=decision,
    )

    arrived = mailed(notice)

    assert arrived == dedent(letters[locale]).format(id=case.comment.pk)
