"""The labelled stories are what they are said to be: not to be told apart by cheap means."""

import re
from collections import defaultdict
from itertools import combinations

import pytest

from tests.articles.story_clusters import LOCALES, told

#: A word that stands in the titles of so many stories is not rare.
COMMON = 4
LATIN = re.compile(r"[a-z]{2,}")
CJK = re.compile(r"[가-힣]+|[一-龥々〆ヶ]+|[ァ-ヴー]+")


def words_of(title: str) -> set[str]:
    """A title's words by how they begin, so that endings hide none; of Korean and Japanese all
    that two characters in a row, or one Han character between others, may mean.
    """
    latin = {word[:5] for word in LATIN.findall(title.lower())}
    runs = CJK.findall(title)
    pairs = {run[at : at + 2] for run in runs for at in range(len(run) - 1)}
    return latin | pairs


@pytest.mark.parametrize("locale", LOCALES)
def test_there_are_twenty_stories_of_five_articles(locale):
    stories = defaultdict(list)
    for each in told(locale):
        stories[each.story].append(each)

    assert len(stories) == 20
    assert {len(articles) for articles in stories.values()} == {5}


@pytest.mark.parametrize("locale", LOCALES)
def test_no_two_titles_of_a_story_share_a_rare_word(locale):
    articles = told(locale)
    stories_with = defaultdict(set)
    for each in articles:
        for word in words_of(each.title):
            stories_with[word].add(each.story)

    shared = [
        (word, one.title, other.title)
        for one, other in combinations(articles, 2)
        if one.story == other.story
        for word in words_of(one.title) & words_of(other.title)
        if len(stories_with[word]) < COMMON
    ]

    assert shared == []


@pytest.mark.parametrize("locale", LOCALES)
def test_topics_alone_find_at_most_half(locale):
    articles = told(locale)
    shares = []
    for article in articles:
        others = [each for each in articles if each is not article]
        nearest = [each for each in others if set(each.topics) == set(article.topics)]
        shares.append(sum(each.story == article.story for each in nearest) / len(nearest))

    assert sum(shares) / len(shares) <= 0.5
