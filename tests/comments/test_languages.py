"""What the API says is said in the asker's language; public reads are said in one."""

import pytest

from accounts.services import tokens
from comments.states import ThreadState
from tests.factories import ReaderFactory, ThreadFactory

pytestmark = pytest.mark.django_db

CLOSED = {
    "ko": "댓글 작성이 마감되었습니다. 읽기만 할 수 있습니다.",
    "ja": "コメントの受付は終了しました。閲覧のみできます。",
    "en": "This conversation is closed. You can still read it.",
    "fr": "This conversation is closed. You can still read it.",
}


def post(client, thread, body, *, language, signed_in=True):
    headers = {"accept-language": language}
    if signed_in:
        _, token = tokens.issue_reader(user=ReaderFactory(), site=thread.site)
        headers["authorization"] = f"Bearer {token}"
    return client.post(
        f"/api/v1/threads/{thread.pk}/comments",
        {"body": body},
        content_type="application/json",
        headers=headers,
    )


@pytest.mark.parametrize(("language", "sentence"), CLOSED.items())
def test_a_refusal_is_said_in_the_readers_language(client, language, sentence):
    thread = ThreadFactory(state=ThreadState.CLOSED)

    answer = post(client, thread, "One more thing.", language=language)

    assert answer.status_code == 403
    assert answer.json()["detail"] == sentence


@pytest.mark.parametrize(
    ("language", "said", "of_the_field"),
    [
        ("ko", "입력한 내용을 다시 확인해 주세요.", "내용을 입력해 주세요."),
        ("ja", "入力内容をもう一度ご確認ください。", "内容を入力してください。"),
    ],
)
def test_what_the_framework_says_of_a_field_is_translated_as_well(
    client, language, said, of_the_field
):
    answer = post(client, ThreadFactory(), "", language=language)

    problem = answer.json()
    assert problem["detail"] == said
    assert [error["detail"] for error in problem["errors"]] == [of_the_field]


@pytest.mark.parametrize(
    ("language", "sentence"), [("ko", "로그인해 주세요."), ("ja", "ログインしてください。")]
)
def test_who_is_not_signed_in_is_asked_to_in_their_language(client, language, sentence):
    answer = post(client, ThreadFactory(), "Hello?", language=language, signed_in=False)

    assert answer.status_code == 401
    assert answer.json()["detail"] == sentence


@pytest.mark.parametrize(
    ("language", "beginning"),
    [
        ("ko", "요청 본문이 올바른 JSON이 아닙니다"),
        ("ja", "リクエストの本文が正しいJSONではありません"),
    ],
)
def test_a_body_that_is_no_json_is_refused_in_the_senders_language(client, language, beginning):
    answer = client.post(
        "/api/v1/auth/exchange",
        "{",
        content_type="application/json",
        headers={"accept-language": language},
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
    assert answer.json()["detail"].startswith(beginning)


@pytest.mark.parametrize(
    ("edition", "prompt"),
    [
        ("ko", "이 기사에 대한 생각을 나눠 주세요"),
        ("ja", "この記事についてのご意見をお聞かせください"),
        ("en", "Share your thoughts on this article"),
        ("de", "Share your thoughts on this article"),
    ],
)
def test_a_thread_invites_in_the_editions_language_whoever_asks(client, edition, prompt):
    thread = ThreadFactory()

    answers = [
        client.get(
            f"/api/v1/threads/{thread.pk}?edition={edition}",
            headers={"accept-language": language},
        )
        for language in ("en", "ko", "ja")
    ]

    assert {answer.json()["prompt"] for answer in answers} == {prompt}
    assert len({answer.content for answer in answers}) == 1
