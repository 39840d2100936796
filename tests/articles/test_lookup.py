"""From a page's address to its thread, its counts and what is related."""

import pytest

from articles.states import CommentsSwitch
from comments.services import counting
from comments.states import ThreadState
from tests.factories import ArticleFactory, CommentFactory, EditionFactory

pytestmark = pytest.mark.django_db

URL = "https://news.example/ko/story"


@pytest.fixture
def edition():
    article = ArticleFactory(external_id="story")
    EditionFactory(article=article, locale="en")
    return EditionFactory(article=article, locale="ko")


def lookup(client, **asked):
    return client.get("/api/v1/threads/lookup", asked)


def test_a_page_is_found_by_its_address(client, edition):
    answer = lookup(client, url=f"{URL}/?utm_source=x#top").json()

    assert answer["thread"]["id"] == str(edition.thread_id)
    assert answer["edition"] == {
        "article": str(edition.article_id),
        "locale": "ko",
        "url": URL,
        "title": "story (ko)",
    }
    assert "comments" not in answer


def test_the_first_comments_come_along_when_asked(client, edition):
    comment = CommentFactory(thread=edition.thread)

    answer = lookup(client, url=URL, comments=20).json()

    assert [each["id"] for each in answer["comments"]["results"]] == [str(comment.pk)]


def test_a_page_is_found_by_the_publishers_id(client, edition):
    asked = {"site": edition.article.site_id, "external_id": "story"}

    assert lookup(client, **asked).json()["edition"]["locale"] == "en"
    assert lookup(client, **asked, edition="ko").json()["edition"]["locale"] == "ko"


def test_the_prompt_speaks_the_editions_language(client, edition):
    answer = lookup(client, url=URL).json()

    assert answer["thread"]["prompt"] == "이 기사에 대한 생각을 나눠 주세요"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"url": "https://news.example/ko/nothing"}, 404),
        ({"url": "not an address"}, 404),
        ({}, 400),
        ({"external_id": "story"}, 400),
        ({"site": "x", "external_id": "story"}, 400),
    ],
)
def test_a_page_that_is_not_there_is_not_made(client, edition, asked, status):
    answer = lookup(client, **asked)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


def test_a_page_whose_comments_are_off_has_no_thread(client, edition):
    type(edition.article).objects.update(comments=CommentsSwitch.OFF)
    type(edition.thread).objects.update(state=ThreadState.OFF)

    assert lookup(client, url=URL).status_code == 404
    assert client.get(f"/api/v1/threads/{edition.thread_id}").status_code == 404
    assert client.get(f"/api/v1/threads/{edition.thread_id}/comments").status_code == 404


def test_counts_are_given_by_address_and_by_thread(client, edition):
    CommentFactory(thread=edition.thread)
    counting.fold()

    by_url = client.get("/api/v1/counts", {"url": [URL, "https://news.example/nothing"]})
    by_thread = client.get("/api/v1/counts", {"thread": str(edition.thread_id)})

    thread = str(edition.thread_id)
    assert by_url.json() == {"results": [{"thread": thread, "url": URL, "comment_count": 1}]}
    assert by_thread.json() == {"results": [{"thread": thread, "url": None, "comment_count": 1}]}


@pytest.mark.parametrize(
    "path",
    [
        "/threads/lookup?url=http://a%00b/",
        "/threads/lookup?site=01a20144-eae2-7260-8274-3bff030ce246&external_id=%00",
        "/articles/01a20144-eae2-7260-8274-3bff030ce246/related?edition=%00",
        "/counts?url=%00",
        "/threads/01a20144-eae2-7260-8274-3bff030ce246?edition=%00",
    ],
)
def test_a_null_character_in_a_query_is_refused(client, path):
    answer = client.get(f"/api/v1{path}")

    assert (answer.status_code, answer.json()["code"]) == (400, "null_characters_not_allowed")


def test_counts_come_in_the_order_asked_without_what_is_not_there(client, edition):
    other = EditionFactory(article=ArticleFactory(external_id="other"), locale="ko")
    off = EditionFactory(article=ArticleFactory(external_id="off"), locale="ko")
    type(off.thread).objects.filter(pk=off.thread_id).update(state=ThreadState.OFF)
    asked = [other, off, edition, other]

    threads = [each.thread_id for each in asked] + [edition.article_id]
    by_thread = client.get("/api/v1/counts", {"thread": threads}).json()["results"]
    addresses = ["no address", *(each.url for each in asked), f"{URL}/?utm_source=x"]
    by_url = client.get("/api/v1/counts", {"url": addresses}).json()["results"]

    assert [row["thread"] for row in by_thread] == [str(other.thread_id), str(edition.thread_id)]
    assert [row["url"] for row in by_url] == [other.url, URL, f"{URL}/?utm_source=x"]


def test_counts_are_bounded(client):
    many = client.get("/api/v1/counts", {"url": [f"https://news.example/{n}" for n in range(26)]})
    none = client.get("/api/v1/counts")
    wrong = client.get("/api/v1/counts", {"thread": "x"})

    assert [each.status_code for each in (many, none, wrong)] == [400, 400, 400]


def test_public_reads_are_the_same_bytes_for_everyone(client, edition):
    plain = lookup(client, url=URL, comments=20)
    coloured = client.get(
        "/api/v1/threads/lookup",
        {"url": URL, "comments": 20},
        headers={
            "authorization": "Bearer nonsense",
            "cookie": "sessionid=abc; django_language=ja",
            "accept-language": "ja",
            "origin": "https://news.example",
        },
    )

    assert coloured.content == plain.content
    assert coloured["ETag"] == plain["ETag"]
    assert coloured["Access-Control-Allow-Origin"] == "*"
    assert coloured["Vary"] == "Accept-Encoding"
    assert not coloured.cookies


@pytest.mark.parametrize("accept", ["text/html", "application/xml;q=0.9", "nonsense"])
def test_answers_are_json_whatever_was_asked_for(client, edition, accept):
    answer = client.get("/api/v1/threads/lookup", {"url": URL}, headers={"accept": accept})

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer.content == lookup(client, url=URL).content


@pytest.mark.parametrize("sent", ['W/"x", {etag}', "W/{etag}"])  # proxies that compress weaken it
def test_an_unchanged_read_is_answered_without_a_body(client, edition, sent):
    etag = lookup(client, url=URL)["ETag"]

    again = client.get(
        "/api/v1/threads/lookup", {"url": URL}, headers={"if-none-match": sent.format(etag=etag)}
    )

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
