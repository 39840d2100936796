"""Articles are taken back and published again, opened and closed, changed and remembered."""

from datetime import timedelta

import pytest

from articles import selectors
from articles.models import Article, Edition
from articles.services import sections
from articles.states import CommentsSwitch
from comments.models import Thread
from common import clock
from tests.articles.sending import PAGES, edition, story
from tests.factories import CommentFactory

pytestmark = pytest.mark.django_db

URL = f"{PAGES}/en/story"


def found(client):
    """The answers of all public reads of the page."""
    article, thread = Article.objects.get(), Thread.objects.get()
    paths = (
        f"threads/lookup?url={URL}",
        f"threads/{thread.pk}",
        f"threads/{thread.pk}/comments",
        f"articles/{article.pk}",
        f"articles/{article.pk}/related?edition=en",
    )
    return {client.get(f"/api/v1/{path}").status_code for path in paths}


def test_an_unpublished_article_is_nowhere_and_comes_back_with_its_comments(put, send, client):
    put(story())
    comment = CommentFactory(thread=Thread.objects.get())
    assert found(client) == {200}

    taken_back = send("DELETE", "articles/story")

    assert (taken_back.status_code, found(client)) == (204, {404})
    counts = client.get("/api/v1/counts", {"url": URL}).json()
    assert counts["results"] == []

    put(story())

    assert found(client) == {200}
    page = client.get(f"/api/v1/threads/{comment.thread_id}/comments").json()
    assert [each["id"] for each in page["results"]] == [str(comment.pk)]


def test_unpublishing_twice_is_once_and_what_is_not_there_is_said(put, send):
    put(story())
    send("DELETE", "articles/story")
    at = Article.objects.get().unpublished_at

    again, unknown = send("DELETE", "articles/story"), send("DELETE", "articles/other")

    assert (again.status_code, Article.objects.get().unpublished_at) == (204, at)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "article_unknown")


def test_a_publisher_reads_back_what_it_sent_even_unpublished(put, send):
    put(story(edition("en", title="Before")))
    put(story({**edition("en"), "url": f"{URL}-2"}))
    send("DELETE", "articles/story")

    answer = send("GET", "articles/story").json()

    [said] = answer["editions"]
    assert answer["unpublished_at"]
    assert (answer["comments"], said["addresses"]) == ("off", [URL])
    assert [each["title"] for each in said["former_texts"]] == ["Before"]


def test_section_and_images_are_kept_as_they_come(put):
    image = {"url": "https://pictures.example/1.jpg", "alt": "A ferry", "credit": "City desk"}

    answer = put(story(edition("en", images=[image]), section="Harbour")).json()

    assert (answer["section"], answer["editions"][0]["images"]) == ("Harbour", [image])


# -- open, closed, off ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("own", "by_section", "state"),
    [
        ({}, "open", "open"),
        ({}, "closed", "closed"),
        ({}, "off", "off"),
        ({"comments": "open"}, "off", "open"),  # the article's own word counts
        ({"comments": "off"}, "open", "off"),
    ],
)
def test_a_section_decides_for_articles_that_say_nothing(put, own, by_section, state):
    put(story(section="Harbour", **own))
    section = Article.objects.get().section

    sections.switch(section=section, to=CommentsSwitch(by_section))
    put(story(edition("en", "later"), section="Harbour", **own), external_id="later")

    assert set(Thread.objects.values_list("state", flat=True)) == {state}


def test_a_section_that_is_switched_leaves_unpublished_articles_alone(put, send):
    put(story(section="Harbour"))
    send("DELETE", "articles/story")

    sections.switch(section=Article.objects.get().section, to=CommentsSwitch.CLOSED)

    assert Thread.objects.get().state == "off"
    put(story(section="Harbour"))
    assert Thread.objects.get().state == "closed"


# -- versions ------------------------------------------------------------------------------------
def test_a_comment_knows_which_text_it_answered(put):
    now = clock.now()
    put(story(edition("en", title="First")))
    put(story(edition("en", title="Second")))
    put(story(edition("en", title="Third", standfirst="More of it.")))
    page = Edition.objects.get()
    first, second = page.former_texts.order_by("number")

    answered = [
        selectors.text_answered(page, at)
        for at in (now, first.until, second.until, second.until + timedelta(days=1))
    ]

    assert [each and each.title for each in answered] == ["First", "Second", None, None]


def test_what_changes_no_text_leaves_no_version(put):
    put(story(edition("en")))

    put(story({**edition("en"), "url": f"{URL}-2"}, topics=["harbour"]))
    put(story({**edition("en"), "url": f"{URL}-2"}, topics=["harbour"]))

    assert not Edition.objects.get().former_texts.exists()


def test_the_latest_hundred_texts_are_kept(put):
    for number in range(103):
        put(story(edition("en", title=f"Take {number}")))

    kept = Edition.objects.get().former_texts.order_by("number")
    assert (kept.count(), kept[0].title, kept[0].number) == (100, "Take 2", 3)
