"""An article's pages move, and every address they had or have leads to one conversation."""

import pytest

from articles.models import Edition, PageAddress
from comments.models import Thread
from tests.articles.sending import PAGES, edition, faults, story
from tests.factories import SiteFactory

pytestmark = pytest.mark.django_db

OLD, NEW = f"{PAGES}/en/story", f"{PAGES}/en/2026/story"


def thread_at(client, url):
    """The thread that a look-up finds, or None."""
    answer = client.get("/api/v1/threads/lookup", {"url": url})
    return answer.json()["thread"]["id"] if answer.status_code == 200 else None


def moved(**fields):
    return {**edition("en"), "url": NEW, **fields}


def test_a_page_that_moved_is_found_where_it_was_and_where_it_is(put, client):
    put(story(edition("en")))

    put(story(moved()))

    assert thread_at(client, OLD) == thread_at(client, NEW) == str(Thread.objects.get().pk)
    counts = client.get("/api/v1/counts", {"url": [OLD, NEW]}).json()["results"]
    assert [each["url"] for each in counts] == [OLD, NEW]


def test_a_page_that_comes_back_leaves_one_address_behind(put):
    put(story(edition("en")))
    put(story(moved()))

    put(story(edition("en")))

    assert [each.url for each in PageAddress.objects.all()] == [NEW]


def test_a_new_article_may_stand_where_another_once_stood(put, client):
    put(story(edition("en")))
    first = thread_at(client, OLD)
    put(story(moved()))

    put(story(edition("en")), external_id="second")

    assert thread_at(client, NEW) == first
    assert thread_at(client, OLD) not in (None, first)


def test_other_forms_of_a_page_lead_to_its_thread(put, client):
    forms = {
        "canonical_url": f"{PAGES}/story",
        "alternates": {"amp": f"{PAGES}/amp/story", "print": f"{OLD}?print=1"},
        "former_urls": [f"{PAGES}/1999/story.html"],
    }

    answer = put(story(edition("en", **forms)))

    said = answer.json()["editions"][0]
    assert (said["canonical_url"], said["alternates"]) == (
        forms["canonical_url"],
        forms["alternates"],
    )
    for url in [forms["canonical_url"], *forms["alternates"].values(), *forms["former_urls"]]:
        assert thread_at(client, url) == said["thread"], url


def test_a_page_is_its_own_canonical_one_unless_it_says_otherwise(put):
    answer = put(story(edition("en")))

    assert answer.json()["editions"][0]["canonical_url"] == OLD


def test_editions_may_name_one_canonical_page(put, client):
    put(story(edition("en"), edition("ko", canonical_url=OLD)))

    answer = client.get("/api/v1/threads/lookup", {"url": OLD})

    assert answer.json()["edition"]["locale"] == "en"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"alternates": {"amp": OLD}}, "/editions/0/alternates/amp"),
        ({"canonical_url": OLD}, "/editions/0/canonical_url"),
        ({"former_urls": [OLD]}, "/editions/0/former_urls/0"),
    ],
)
def test_another_articles_page_is_no_form_of_ones_own(put, fields, pointer):
    put(story(edition("en")))

    answer = put(story(edition("en", "other", **fields)), external_id="other")

    assert faults(answer) == {(pointer, "url_taken")}


def test_other_forms_stand_on_the_sites_origins_too(put):
    answer = put(story(edition("en", alternates={"amp": "https://cdn.example/story"})))

    assert faults(answer) == {("/editions/0/alternates/amp", "origin_not_registered")}


def test_an_edition_remembers_its_latest_hundred_addresses(put):
    for number in range(104):
        put(story({**edition("en"), "url": f"{PAGES}/en/{number}"}))

    kept = PageAddress.objects.order_by("pk").values_list("url", flat=True)
    assert (len(kept), kept[0]) == (100, f"{PAGES}/en/3")


def test_an_edition_under_another_locale_keeps_its_page_and_thread(put):
    put(story(edition("en")))

    put(story({**edition("en"), "locale": "en-GB"}))

    assert [each.locale for each in Edition.objects.all()] == ["en-GB"]
    assert Thread.objects.count() == 1


def test_a_site_cannot_take_an_address_that_leads_to_another_sites_page(put, client):
    put(story(edition("en")))
    put(story(moved()))
    neighbour = SiteFactory(origins=[PAGES])

    answer = put(story(edition("en")), site=neighbour)

    assert faults(answer) == {("/editions/0/url", "url_taken")}


def test_a_look_up_by_an_old_address_takes_no_more_queries(put, client, django_assert_num_queries):
    put(story(edition("en")))
    put(story(moved()))

    with django_assert_num_queries(3):
        assert thread_at(client, OLD)
