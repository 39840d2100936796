"""What goes with what: picks, suggestions, clicks; and where readers talk."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine

from articles.models import Article, LinkClicks, Suggestion, TermCount
from articles.services import following, publishing, relating, talk
from articles.states import CommentsSwitch
from common import clock
from outbox.models import OutboxRow
from outbox.services import relay
from publishers.services import keys
from tests.articles import story_clusters
from tests.factories import ArticleFactory, CommentFactory, EditionFactory, SiteFactory, UserFactory

pytestmark = pytest.mark.django_db

FERRY = "The evening ferry between the island and the mainland pier is cancelled"
FERRIES = "Islanders wait at the pier: no evening ferries from the mainland"
WHEAT = "Bakers pay more for flour after a wet harvest"
FERRY_KO = "섬과 뭍을 잇는 저녁 여객선 운항이 끊긴다"
FERRIES_KO = "여객선 끊긴 섬 주민, 뭍 부두에서 기다린다"
BUDGET = "Record budget bets on supercomputers and data centres"


@pytest.fixture
def site():
    return SiteFactory(origins=["https://news.example"])


@pytest.fixture
def write(site):
    """Stores an article with a title for each locale; gives it."""

    def store(name, *, on=site, topics=(), **titles):
        article = ArticleFactory(site=on, external_id=name, topics=list(topics))
        for locale, title in titles.items():
            url = f"https://{on.pk}.example/{locale}/{name}"
            EditionFactory(article=article, locale=locale, title=title, url=url)
        return article

    return store


def relate(*articles):
    relating.relate([article.pk for article in articles])


def related(client, article, locale="en"):
    answer = client.get(f"/api/v1/articles/{article.pk}/related", {"edition": locale})
    assert answer.status_code == 200
    return answer.json()["results"]


def names(results):
    return [each["external_id"] for each in results]


# -- suggestions --------------------------------------------------------------------------------
def test_four_of_five_first_suggestions_are_of_the_same_story(db):
    judged = story_clusters.judge()

    assert {row["suggestions"] for row in judged} == {400}
    assert [row["locale"] for row in judged if row["share"] < 0.8] == []


def test_an_edition_lists_editions_of_its_own_locale_by_their_addresses(client, write):
    story = write("story", en=FERRY, ko=FERRY_KO)
    both = write("both", en=FERRIES, ko=FERRIES_KO)
    english = write("english", en=FERRIES)

    relate(story, both, english)

    assert set(names(related(client, story, "en"))) == {"both", "english"}
    assert names(related(client, story, "ko")) == ["both"]
    assert related(client, story, "ko")[0]["url"] == both.editions.get(locale="ko").url


def test_a_page_in_another_language_than_its_edition_has_suggestions_of_the_edition(client, write):
    story = write("story", en=FERRY, ko=FERRY)  # shown in the Korean edition in English
    near = write("near", en=FERRIES, ko=FERRIES_KO)
    far = write("far", en=WHEAT, ko="밀가루 값이 올라 빵집이 어렵다")

    relate(story, near, far)

    first, second = related(client, story, "ko")
    assert (first["external_id"], first["title"]) == ("near", FERRIES_KO)
    assert (second["external_id"], second["picked_by"]) == ("far", "newest")


def test_neither_itself_nor_its_other_editions_nor_another_sites(client, write):
    story = write("story", en=FERRY, ko=FERRY, topics=["sea"])
    write("theirs", on=SiteFactory(), en=FERRY, topics=["sea"])

    relate(*Article.objects.all())

    assert related(client, story, "en") == related(client, story, "ko") == []


def test_it_says_why(client, write):
    story = write("story", en=FERRY, ko=FERRY_KO, topics=["Sea"])
    near = write("near", en=FERRIES, ko=FERRIES_KO, topics=["Sea"])

    relate(near, story)

    english, korean = related(client, story, "en")[0], related(client, story, "ko")[0]
    assert english["picked_by"] == "likeness"
    assert {"evening", "pier"} & set(english["shared_terms"])
    assert len(english["shared_terms"]) == 5
    assert "여객선" in korean["shared_terms"]


def test_where_nothing_is_near_the_newest_stand(client, write):
    story = write("story", en=FERRY)
    write("old", en=WHEAT)
    write("new", en=BUDGET)

    relate(*Article.objects.all())

    listed = related(client, story)
    assert names(listed) == ["new", "old"]
    assert {each["picked_by"] for each in listed} == {"newest"}


def test_a_new_article_appears_on_the_lists_of_older_ones(client, site, write):
    story = write("story", en=FERRY)
    relate(story)
    _, key = keys.issue(site=site, name="server")
    body = {"editions": [{"locale": "en", "url": "https://news.example/n", "title": FERRIES}]}

    client.put(
        "/api/v1/publisher/articles/new",
        body,
        content_type="application/json",
        headers={"authorization": f"Bearer {key}"},
    )
    relay.drain("articles.relate")

    assert names(related(client, story)) == ["new"]
    assert OutboxRow.objects.filter(task="articles.relate", done_at=None).count() == 0


def test_an_unpublished_article_is_on_no_list_until_it_is_published_again(client, write):
    story, other = write("story", en=FERRY), write("other", en=FERRIES)
    relate(story, other)

    publishing.unpublish(article=other)

    assert related(client, story) == []
    relay.drain("articles.relate")
    assert not Suggestion.objects.exists()
    publishing.republish(article=other)
    relay.drain("articles.relate")
    assert names(related(client, story)) == ["other"]


def test_an_article_that_turned_to_something_else_leaves_the_lists(client, write):
    story, other = write("story", en=FERRY), write("other", en=FERRIES)
    filling = [write(f"f{number}", en=f"{FERRY} {number}") for number in range(4)]
    relate(story, other, *filling)
    assert "other" in names(related(client, story))

    other.editions.update(title=WHEAT)
    relate(other)

    assert "other" not in names(related(client, story))


def test_those_related_among_few_are_related_again_as_a_site_grows(client, write):
    first, second = write("first", en=FERRY), write("second", en=FERRIES)
    relate(first)
    Suggestion.objects.all().delete()

    relate(second)

    assert Suggestion.objects.filter(edition__article=first).exists()
    assert first.last_related.among == 2


def test_terms_are_counted_whoever_writes_them(write):
    stories = [write("a", en=FERRY), write("b", en=FERRIES)]
    relate(*stories)
    assert 2 in TermCount.objects.values_list("count", flat=True)

    for story in stories:
        story.delete()

    assert set(TermCount.objects.values_list("count", flat=True)) == {0}


def test_a_list_costs_the_same_however_long_it_is(client, write, django_assert_num_queries):
    story = write("story", en=FERRY)
    others = [write(f"o{number}", en=FERRIES) for number in range(12)]
    relate(story, *others)
    links = [{"external_id": "o3"}, {"url": others[5].editions.get().url, "title": "!"}]
    publishing.relate(edition=story.editions.get(), links=links)

    with django_assert_num_queries(6):
        listed = related(client, story)

    assert len(listed) == 8


# -- editors ------------------------------------------------------------------------------------
def test_picks_come_first_in_their_order_and_once(client, write):
    story = write("story", en=FERRY)
    near, far = write("near", en=FERRIES), write("far", en=WHEAT)
    relate(story, near, far)
    outside = {"url": "https://else.example/x", "title": "Elsewhere"}
    links = [{"external_id": "far"}, outside, {"external_id": "story"}]

    publishing.relate(edition=story.editions.get(), links=links)

    listed = related(client, story)
    assert names(listed) == ["far", None, "near"]
    assert [each["picked_by"] for each in listed] == ["editor", "editor", "likeness"]


def test_a_pick_is_shown_in_the_edition_being_read_or_not_at_all(client, write):
    story = write("story", en=FERRY, ko=FERRY_KO)
    both, english = write("both", en=WHEAT, ko="밀"), write("english", en=WHEAT)
    links = [{"url": each.editions.get(locale="en").url, "title": "!"} for each in (both, english)]
    korean = story.editions.get(locale="ko")

    publishing.relate(edition=korean, links=[*links, {"external_id": "english"}])

    listed = related(client, story, "ko")
    assert [(each["url"], each["title"]) for each in listed] == [
        (both.editions.get(locale="ko").url, "!")
    ]


# -- clicks -------------------------------------------------------------------------------------
@pytest.fixture
def click(client):
    """A reader follows a link from an English page; gives the answer."""

    def follow(story, to, *, address, **fields):
        return client.post(
            f"/api/v1/articles/{story.pk}/related/clicks",
            {"edition": "en", "article": str(to.pk), **fields},
            content_type="application/json",
            REMOTE_ADDR=address,
        )

    return follow


@pytest.fixture
def listed(write):
    """A story whose second suggestion is less near than its first."""
    story, near = write("story", en=FERRY, topics=["sea"]), write("near", en=FERRY, topics=["sea"])
    far = write("far", en=f"{FERRIES}, says the guild of bakers", topics=["bread"])
    relate(story, near, far)
    return story, near, far


def test_a_link_that_readers_follow_moves_up(client, click, listed):
    story, _, far = listed
    assert names(related(client, story)) == ["near", "far"]

    for number in range(60):
        assert click(story, far, address=f"198.51.100.{number}").status_code == 204

    assert names(related(client, story)) == ["far", "near"]


def test_a_thousand_clicks_from_one_address_move_nothing(client, listed):
    story, _, far = listed

    for _ in range(1_000):
        following.follow(edition=story.editions.get(), article_id=far.pk, address="198.51.100.7")

    assert LinkClicks.objects.get().clicks == 1
    assert names(related(client, story)) == ["near", "far"]


def test_a_flood_of_clicks_is_refused(click, listed, settings):
    story, _, far = listed
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "clicking": {"address": [(1, 60)]}}

    answers = [click(story, far, address="198.51.100.7").status_code for _ in range(2)]

    assert answers == [204, 429]


def test_clicks_cool_with_time(click, listed):
    story, _, far = listed
    with time_machine.travel(clock.now(), tick=False) as travel:
        click(story, far, address="198.51.100.1")
        travel.shift(timedelta(days=3))
        click(story, far, address="198.51.100.2")

    assert LinkClicks.objects.get().clicks == pytest.approx(1.5)


def test_a_click_is_a_number_and_nothing_else(click, listed):
    story, _, far = listed

    click(story, far, address="198.51.100.1")

    names_kept = {each.name for each in LinkClicks._meta.get_fields()}
    assert names_kept == {"id", "edition", "target", "clicks", "at"}


def test_what_is_not_suggested_is_not_counted(click, listed, write):
    story, _, _ = listed

    answer = click(story, write("stranger", en=WHEAT), address="198.51.100.1")

    assert answer.status_code == 204
    assert not LinkClicks.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [({"edition": "ja"}, 404), ({"article": "x"}, 400), ({"reader": "me"}, 400)],
)
def test_a_click_that_says_nothing_is_refused(click, listed, body, status):
    story, _, far = listed

    assert click(story, far, address="198.51.100.1", **body).status_code == status


# -- trending -----------------------------------------------------------------------------------
def trending(client, site, edition="en"):
    talk.weigh()
    answer = client.get("/api/v1/articles/trending", {"site": site.pk, "edition": edition})
    assert answer.status_code == 200
    return answer.json()["results"]


def say(article, many, *, ago=timedelta(), author=None):
    thread = article.editions.first().thread
    with time_machine.travel(clock.now() - ago, tick=False):
        for _ in range(many):
            CommentFactory(thread=thread, **({"author": author} if author else {}))


def test_the_liveliest_thread_stands_first(client, site, write):
    quiet, lively, silent = (write(name, en=name) for name in ("quiet", "lively", "silent"))
    say(quiet, 1)
    say(lively, 3)

    listed = trending(client, site)

    assert names(listed) == ["lively", "quiet"]
    assert [each["comment_count"] for each in listed] == [3, 1]
    assert [each["recent_comment_count"] for each in listed] == [3, 1]
    assert silent.editions.get().title not in {each["title"] for each in listed}


def test_talk_cools(client, site, write):
    yesterday, now, long_ago = (write(name, en=name) for name in ("yesterday", "now", "long-ago"))
    say(yesterday, 4, ago=timedelta(hours=24))
    say(long_ago, 9, ago=timedelta(days=3))
    say(now, 1)

    assert names(trending(client, site)) == ["now", "yesterday"]

    with time_machine.travel(clock.now() + timedelta(days=3)):
        assert trending(client, site) == []


def test_one_who_talks_is_less_than_many(client, site, write):
    one, many = write("one", en="one"), write("many", en="many")
    say(one, 4, author=UserFactory())
    say(many, 3)

    assert names(trending(client, site)) == ["many", "one"]


def test_only_of_the_site_and_edition_and_where_comments_are_on(
    client, site, write, django_assert_num_queries
):
    story = write("story", en="story", ko="이야기")
    off = write("off", en="off")
    theirs = write("theirs", on=SiteFactory(), en="theirs")
    for article in (story, off, theirs):
        say(article, 1)
    publishing.switch(article=off, to=CommentsSwitch.OFF)
    talk.weigh()

    with django_assert_num_queries(1):
        answer = client.get("/api/v1/articles/trending", {"site": site.pk, "edition": "ko"})

    assert [each["title"] for each in answer.json()["results"]] == ["이야기"]
    assert names(trending(client, site)) == ["story"]


@pytest.mark.parametrize("asked", [{}, {"site": uuid4()}, {"site": "x", "edition": "en"}])
def test_trending_wants_a_site_and_an_edition(client, asked):
    assert client.get("/api/v1/articles/trending", asked).status_code == 400
