"""Articles are found by words of their titles in three scripts, by id and by address."""

import pytest
from django.db import connection

from articles import selectors, titles
from articles.models import Article
from tests.factories import ArticleFactory, EditionFactory, SiteFactory

pytestmark = pytest.mark.django_db

TITLES = {
    "ferry": "The night ferry returns to Île Café",
    "bus": "심야 버스가 돌아온다",
    "train": "東京の夜行列車が復活、カフェも",
}


@pytest.fixture
def site():
    site = SiteFactory()
    for external_id, title in TITLES.items():
        article = ArticleFactory(site=site, external_id=external_id)
        EditionFactory(article=article, title=title)
    return site


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("night ferry", {"ferry"}),
        ("FERR", {"ferry"}),  # the beginning of a word, whatever its case
        ("erry", set()),  # not its end
        ("ile cafe", {"ferry"}),  # without accents
        ("night bus", set()),  # all words
        ("버스", {"bus"}),  # whatever hangs on it
        ("스가", {"bus"}),
        ("심야버스", set()),
        ("夜行", {"train"}),
        ("列車", {"train"}),
        ("ｶﾌｪ", {"train"}),  # half width
        ("夜", {"train"}),  # one sign
        ("車行", set()),
        ("trai", {"train"}),  # an id's beginning
        ("https://news.example/en/bus?utm_source=x", {"bus"}),
        ("' | & ! :* \\ (", set()),
        ("", {"ferry", "bus", "train"}),  # every id begins so
    ],
)
def test_an_article_is_found_by_what_it_is_called(site, text, found):
    ids = selectors.ids_named(text, site_id=site.pk)

    assert set(Article.objects.filter(pk__in=ids).values_list("external_id", flat=True)) == found


def test_another_sites_articles_are_not_found(site):
    assert selectors.ids_named("ferry", site_id=SiteFactory().pk) == []


def test_a_title_that_changes_is_found_by_its_new_words(site):
    page = Article.objects.get(external_id="ferry").editions.get()
    page.title = "A morning tram"
    page.save()

    assert selectors.ids_named("tram") == [page.article_id]
    assert selectors.ids_named("night") == []


def test_titles_are_searched_by_their_index(site):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = on")
        cursor.execute("SET LOCAL enable_seqscan = off")
        query = Article.objects.filter(editions__title_terms__titled=titles.tsquery("버스"))
        plan = query.explain()

    assert "edition_by_title" in plan
