"""The newspaper's files are whole: three editions, links that lead somewhere, talk in order."""

import re

import pytest

from newsroom import demo, desk
from publishers.reactions import USUAL

STORIES = {story["external_id"]: story for story in demo.stories("https://demo.example")}
EDITIONS = [
    pytest.param(story, edition, id=f"{edition['locale']}-{external_id}")
    for external_id, story in STORIES.items()
    for edition in story["editions"]
]
SCRIPTS = {"en": r"[A-Za-z]", "ko": r"[가-힣]", "ja": r"[ぁ-んァ-ヶ]"}


def test_every_story_appears_in_three_editions_at_addresses_of_its_own():
    for external_id, story in STORIES.items():
        assert [(edition["locale"], edition["url"]) for edition in story["editions"]] == [
            (locale, f"https://demo.example/news/{locale}/{external_id}") for locale in desk.LOCALES
        ]


@pytest.mark.parametrize(("story", "edition"), EDITIONS)
def test_an_edition_has_a_lead_two_more_sections_and_an_insight(story, edition):
    first = edition["sections"][0]["heading"]

    assert first.startswith(("The Lead: ", "핵심: ", "要点："))
    assert len(edition["sections"]) >= 3
    assert all(
        [edition["title"], edition["standfirst"], edition["insight"]["heading"]]
        + [section["body"] for section in [*edition["sections"], edition["insight"]]]
    )


@pytest.mark.parametrize(("story", "edition"), EDITIONS)
def test_related_links_lead_to_other_stories_in_the_editions_own_language(story, edition):
    locale, external_id = edition["locale"], story["external_id"]

    related = desk.story(locale, external_id).related

    assert len(related) >= 3
    assert len({link.url for link in related}) == len(related)
    for link in related:
        path = link.url.removeprefix("https://demo.example")
        assert path.startswith(f"/news/{locale}/") and not path.endswith(f"/{external_id}")
        assert re.search(SCRIPTS[locale], link.title)


def test_a_text_may_be_in_another_language_than_its_edition_and_its_related_links_not():
    story = desk.story("ko", "ai-clerks-enquiry-desk")

    assert story.language == "en"
    assert story.title == desk.story("en", "ai-clerks-enquiry-desk").title
    assert all(re.search(SCRIPTS["ko"], link.title) for link in story.related)


def test_machine_written_stories_say_so_with_sources_and_name_no_person():
    written = [story for story in STORIES.values() if story["ai_generated"]]

    assert len(STORIES) / 3 < len(written) < len(STORIES)
    for story in written:
        assert story["disclosure"] and story["sources"] and story["authors"] == ["Machine desk"]


def test_the_front_page_shows_every_story_once():
    page = desk.front_page("en")

    shown = [page.lead, *page.beside, *(story for part in page.sections for story in part.stories)]

    assert sorted(story.external_id for story in shown) == sorted(STORIES)


def test_the_pages_have_the_same_words_in_every_edition():
    def shape(value):
        if isinstance(value, dict):
            return {key: shape(inner) for key, inner in value.items()}
        return [shape(inner) for inner in value] if isinstance(value, list) else type(value)

    assert shape(desk.words("en")) == shape(desk.words("ko")) == shape(desk.words("ja"))


def test_the_conversation_can_be_replayed_in_order():
    readers = {reader["key"] for reader in demo.readers()}
    said = {}

    for comment in demo.conversation():
        parent = said.get((comment["story"], comment["parent"]))
        votes = [*comment["votes"]["up"], *comment["votes"]["down"]]
        reactions = comment.get("reactions", {})
        reacted = [reader for each in reactions.values() for reader in each]
        reporters = [report["reader"] for report in comment["reports"]]

        assert comment["story"] in STORIES
        assert {comment["reader"], *votes, *reacted, *reporters} <= readers
        assert comment["reader"] not in votes + reacted + reporters
        assert set(reactions) <= set(USUAL)
        assert len(set(votes)) == len(votes)
        assert comment["parent"] is None or parent["minutes_ago"] > comment["minutes_ago"]
        assert (comment["then"] == "edited") == ("edited_body" in comment)
        said[comment["story"], comment["key"]] = comment


def test_the_conversation_shows_what_a_comment_can_be():
    comments = demo.conversation()
    withdrawn = {comment["key"] for comment in comments if comment["then"] == "withdrawn"}

    assert {comment["locale"] for comment in comments} == set(desk.LOCALES)
    assert sum(comment["story"] == "northern-line-night-trains" for comment in comments) >= 25
    assert withdrawn & {comment["parent"] for comment in comments}
    assert any(comment["then"] == "edited" for comment in comments)
    assert any(comment["reports"] for comment in comments)
    assert any(
        comment["expect"] == "held" and demo.listed_words()[0] in comment["body"]
        for comment in comments
    )
