"""A reader opens the conversation of a page that its publisher has not sent."""

import pytest

from accounts.services import tokens
from articles.models import Article, Edition
from comments.models import Thread
from comments.states import ThreadState
from tests.articles.sending import PAGES, edition, story
from tests.factories import ReaderFactory, SiteFactory

pytestmark = pytest.mark.django_db

URL = f"{PAGES}/en/story"
ELSE = "https://else.example"


@pytest.fixture
def site():
    return SiteFactory(origins=[PAGES], readers_open_threads=True, default_locale="en")


@pytest.fixture
def open_at(client, site):
    """A reader, on a page of the site unless said otherwise, opens its conversation."""

    def call(url=URL, *, origin=PAGES, on=site, reader=None):
        _, text = tokens.issue_reader(user=reader or ReaderFactory(), site=on)
        headers = {"authorization": f"Bearer {text}"} | ({"origin": origin} if origin else {})
        return client.post(
            "/api/v1/threads", {"url": url}, content_type="application/json", headers=headers
        )

    return call


def test_the_first_reader_opens_a_pages_conversation_and_the_next_finds_it(open_at, client):
    first, next_one = open_at(), open_at(f"{URL}?utm_source=mail")

    assert (first.status_code, next_one.status_code) == (201, 200)
    thread = first.json()["thread"]["id"]
    assert thread == next_one.json()["thread"]["id"]
    assert first["Location"] == f"/api/v1/threads/{thread}"
    looked_up = client.get("/api/v1/threads/lookup", {"url": URL}).json()
    assert looked_up["thread"]["id"] == thread
    assert looked_up["edition"]["title"] == URL


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"origin": None}, "origin_not_registered"),
        ({"url": f"{ELSE}/x"}, "origin_not_registered"),  # not the page's own
        (
            {"url": "https://else.example/x", "origin": "https://else.example"},
            "origin_not_registered",
        ),
        ({"url": "http://news.example/en/story"}, "origin_not_registered"),
    ],
)
def test_a_conversation_is_opened_from_its_own_page(open_at, how, code):
    answer = open_at(**how)

    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert not Thread.objects.exists()


def test_a_site_that_does_not_say_so_lets_no_reader_open(open_at, site):
    site.readers_open_threads = False
    site.save()

    answer = open_at()

    assert (answer.status_code, answer.json()["code"]) == (403, "publisher_opens")


def test_a_page_that_the_publisher_sent_is_found_whoever_may_open(open_at, put, site):
    put(story(edition("en")))
    site.readers_open_threads = False
    site.save()

    assert open_at().json()["thread"]["id"] == str(Thread.objects.get().pk)


def test_what_the_publisher_hides_no_reader_opens(open_at, put, send):
    put(story(edition("en")))
    send("DELETE", "articles/story")

    assert open_at().status_code == 404
    assert Thread.objects.get().state == ThreadState.OFF


def test_a_token_of_another_site_opens_nothing_here(open_at):
    elsewhere = SiteFactory(origins=["https://else.example"], readers_open_threads=True)

    assert open_at(on=elsewhere).status_code == 403


def test_nobody_opens_nothing(client):
    answer = client.post("/api/v1/threads", {"url": URL}, content_type="application/json")

    assert answer.status_code == 401


def test_the_publisher_takes_over_what_a_reader_opened(open_at, put):
    thread = open_at(f"{PAGES}/ko/story").json()["thread"]["id"]

    answer = put(story())

    assert answer.status_code == 201
    assert {each["thread"] for each in answer.json()["editions"]} == {thread}
    article = Article.objects.get()
    assert (article.external_id, article.by_reader) == ("story", False)
    assert not Edition.objects.exclude(former_texts=None).exists()


def test_a_story_whose_pages_several_readers_opened_goes_on_in_one_thread(open_at, put):
    opened = {open_at(f"{PAGES}/{locale}/story").json()["thread"]["id"] for locale in ("en", "ko")}

    answer = put(story())

    [thread] = {each["thread"] for each in answer.json()["editions"]}
    assert thread in opened
    assert Article.objects.count() == 1


def test_an_article_that_moves_to_a_page_a_reader_opened_keeps_its_own_thread(open_at, put):
    own = put(story(edition("en"))).json()["editions"][0]["thread"]
    open_at(f"{PAGES}/en/moved")

    answer = put(story({**edition("en"), "url": f"{PAGES}/en/moved"}))

    assert (answer.status_code, answer.json()["editions"][0]["thread"]) == (200, own)
    assert Article.objects.count() == 1
