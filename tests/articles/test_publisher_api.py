"""What a publisher's server sends, and what it is told when something is wrong."""

import pytest

from accounts.services import tokens
from articles.models import Article, Edition
from comments.models import Thread
from comments.states import ThreadState
from publishers.services import keys
from tests.articles.sending import edition, faults, story
from tests.factories import ReaderFactory, SiteFactory

pytestmark = pytest.mark.django_db


def test_a_story_comes_with_its_editions_on_one_thread(put):
    answer = put(story())

    assert answer.status_code == 201
    assert [each["locale"] for each in answer.json()["editions"]] == ["en", "ko"]
    assert Thread.objects.count() == 1


def test_the_same_story_again_changes_nothing(put):
    first = put(story())

    again = put(story())

    assert again.status_code == 200
    assert again.json() == first.json()
    assert (Article.objects.count(), Edition.objects.count(), Thread.objects.count()) == (1, 2, 1)


def test_a_story_that_splits_its_threads_has_one_for_each_edition(put):
    answer = put(story(split_threads=True))

    assert len({each["thread"] for each in answer.json()["editions"]}) == 2


def test_threads_are_not_split_once_they_are_there(put):
    put(story())

    assert faults(put(story(split_threads=True))) == {("/split_threads", "split_threads_fixed")}


def test_an_edition_that_comes_later_joins_the_thread(put):
    put(story(edition("en")))

    put(story(edition("en"), edition("ja")))

    assert Thread.objects.count() == 1


def test_an_edition_that_is_left_out_goes_and_its_thread_stays(put):
    put(story())

    answer = put(story(edition("en")))

    assert [each["locale"] for each in answer.json()["editions"]] == ["en"]
    assert Thread.objects.count() == 1


@pytest.mark.parametrize("state", ThreadState.values)
def test_the_switch_of_the_story_is_handed_down_to_its_threads(put, state):
    put(story())

    put(story(comments=state))

    assert Thread.objects.get().state == state


def test_every_field_at_fault_is_named(put):
    body = story(
        {"locale": "EN", "url": "ftp://news.example/x", "title": 3},
        comments="maybe",
        published_at="yesterday",
        speed=1,
    )

    assert faults(put(body)) == {
        ("/speed", "unknown_field"),
        ("/comments", "invalid_choice"),
        ("/published_at", "invalid"),
        ("/editions/0/locale", "bad_locale"),
        ("/editions/0/url", "bad_url"),
        ("/editions/0/title", "invalid"),
    }


def test_a_fault_in_the_second_edition_is_found_there(put):
    body = story(edition("en"), edition("ko", title=""))

    assert faults(put(body)) == {("/editions/1/title", "blank")}


def test_an_address_on_another_origin_is_refused(put):
    body = story(edition("en"), {**edition("ko"), "url": "https://other.example/ko/story"})

    assert faults(put(body)) == {("/editions/1/url", "origin_not_registered")}


def test_an_address_of_another_article_is_refused_however_it_is_spelt(put):
    put(story(), external_id="first")
    body = story({**edition("en"), "url": "https://news.example/en/story/?utm_source=x"})

    assert faults(put(body, external_id="second")) == {("/editions/0/url", "url_taken")}


def test_two_editions_may_swap_their_addresses(put):
    one, two = edition("en"), edition("ko")
    put(story(one, two))

    answer = put(story({**one, "url": two["url"]}, {**two, "url": one["url"]}))

    assert answer.status_code == 200


def test_an_external_id_in_the_body_must_be_that_of_the_address(put):
    assert faults(put(story(external_id="other"))) == {("/external_id", "other_id")}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"sources": [{"title": "A source"}] * 101}, "/sources"),
        (
            {"editions": [{**edition(), "sections": [{"body": "Words."}] * 201}]},
            "/editions/0/sections",
        ),
        (
            {"editions": [{**edition(), "related": [{"external_id": "x"}] * 51}]},
            "/editions/0/related",
        ),
    ],
)
def test_a_list_has_an_end(put, body, pointer):
    assert faults(put({**story(), **body})) == {(pointer, "max_length")}


@pytest.mark.parametrize("external_id", ["a b", "ü", "x" * 201])
def test_an_external_id_with_other_signs_is_refused(put, external_id):
    assert faults(put(story(), external_id=external_id)) == {("/external_id", "bad_id")}


def test_without_a_key_nothing_is_taken(put):
    answer = put(story(), key="")

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


def test_a_revoked_key_opens_nothing(put, site):
    put(story())
    site.api_keys.update(revoked_at="2026-01-01T00:00Z")

    answer = put(story())

    assert (answer.status_code, answer.json()["code"]) == (401, "api_key_unknown")


def test_a_readers_token_is_no_key(put, site):
    _, text = tokens.issue_reader(user=ReaderFactory(), site=site)

    assert put(story(), key=text).status_code == 401


def test_another_sites_key_makes_another_sites_article(put):
    other = SiteFactory(origins=["https://other.example"])
    _, key = keys.issue(site=other, name="server")
    put(story())

    answer = put(story({**edition("en"), "url": "https://other.example/en/story"}), key=key)

    assert answer.status_code == 201
    assert set(Article.objects.values_list("external_id", flat=True)) == {"story"}
    assert Article.objects.count() == 2


# -- related links -----------------------------------------------------------------------------


def related(client, answer, locale):
    body = client.get(f"/api/v1/articles/{answer.json()['id']}/related", {"edition": locale})
    assert body.status_code == 200
    return body.json()["results"]


def test_related_articles_are_shown_in_the_edition_being_read(put, client):
    put(story(edition("en", "other"), edition("ko", "other")), external_id="other")
    links = [{"external_id": "other"}]
    answer = put(story(edition("en", related=links), edition("ko", related=links)))

    assert [each["url"] for each in related(client, answer, "ko")] == [
        "https://news.example/ko/other"
    ]
    assert [each["url"] for each in related(client, answer, "en")] == [
        "https://news.example/en/other"
    ]


def test_related_links_keep_the_editors_order_and_may_lead_outside(put, client):
    outside = {"url": "https://else.example/x", "title": "Elsewhere", "text": "A longer look."}
    put(story(edition("en", "other")), external_id="other")
    answer = put(story(edition("en", related=[outside, {"external_id": "other"}])))

    first, second = related(client, answer, "en")

    assert (first["title"], first["text"], first["comment_count"]) == (
        "Elsewhere",
        "A longer look.",
        None,
    )
    assert (second["external_id"], second["comment_count"]) == ("other", 0)


def test_a_related_article_whose_comments_are_off_shows_no_count(put, client):
    put(story(edition("en", "other"), comments="off"), external_id="other")

    answer = put(story(edition("en", related=[{"external_id": "other"}])))

    assert [each["comment_count"] for each in related(client, answer, "en")] == [None]


def test_a_related_article_may_arrive_later(put, client):
    answer = put(story(edition("en", related=[{"external_id": "other"}])))
    assert related(client, answer, "en") == []

    put(story(edition("en", "other")), external_id="other")

    assert len(related(client, answer, "en")) == 1


def test_related_links_that_are_left_out_stay(put, client):
    outside = {"url": "https://else.example/x", "title": "Elsewhere"}
    put(story(edition("en", related=[outside])))

    answer = put(story(edition("en")))

    assert len(related(client, answer, "en")) == 1


def test_editors_set_the_links_of_one_edition(put, client):
    answer = put(story())
    outside = {"url": "https://else.example/x", "title": "Elsewhere"}

    changed = put({"edition": "ko", "related": [outside]}, path="/related")

    assert changed.status_code == 204
    assert [len(related(client, answer, locale)) for locale in ("en", "ko")] == [0, 1]


def test_links_of_an_edition_that_is_not_there_are_refused(put):
    put(story(edition("en")))

    answer = put({"edition": "ja", "related": []}, path="/related")

    assert (answer.status_code, answer.json()["code"]) == (404, "edition_unknown")


@pytest.mark.parametrize("link", [{}, {"title": "x"}, {"url": "https://else.example/"}])
def test_a_link_that_leads_nowhere_is_refused(put, link):
    body = story(edition("en", related=[link]))

    assert {code for _, code in faults(put(body))} == {"leads_nowhere"}


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "//news.example/en/story",
        "https://news.example/\r\nSubject: x",
        "https://news.example\t.stranger.example/",
        "https://stranger.example\\@news.example/",
        "https://news.example/ onclick=x",
    ],
)
def test_an_address_that_browsers_read_otherwise_is_refused_wherever_it_stands(put, url):
    source = put({"sources": [{"title": "S", "url": url}], "editions": [edition()]})
    related = put({"editions": [edition(related=[{"url": url, "title": "R"}])]})
    page = put({"editions": [{**edition(), "url": url}]})

    assert [answer.status_code for answer in (source, related, page)] == [400, 400, 400]
