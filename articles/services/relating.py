"""What goes with what: editions whose texts and topics share terms that few others have.

A term weighs by its rarity (`TermCount`), whether it stands in a text once or ten times. An index
gives, for the rarer terms of an edition, who has them too; the weight of what is shared, over the
lengths of both, is their likeness. docs/related.md tells the whole.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import log, sqrt
from uuid import UUID

from django.db import connection
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from articles import terms as rules
from articles.models import Article, Edition, EditionTerms, LastRelated, Suggestion, TermCount
from articles.terms import Stems, Stretch
from common.inserting import fetch

#: An edition keeps so many suggestions; a page shows fewer.
MOST_KEPT = 24
#: An edition that has fewer is given the newest of its site.
FEWEST = 4
#: A search reads no more than so many entries of the index, and goes on with so many editions.
MOST_ENTRIES = 5_000
MOST_FOUND = 200
#: Who is less alike has met by chance.
LEAST_LIKENESS = 0.02
#: What more than this share of all editions have says nothing, if more than so many have it.
COMMON_SHARE = 0.2
COMMON_FROM = 50
MOST_WORDS_SHOWN = 5
#: With each article come so many that were related when there were half as many editions: so all
#: are related again before there are twice as many once more.
TAKEN_ALONG = 2


@dataclass
class Text:
    """An edition, as far as it matters here. `terms` by their keys."""

    edition: Edition
    article: Article
    stretches: list[Stretch]
    stems: Stems
    terms: dict[int, str]

    @property
    def keys(self) -> list[int]:
        """What it is found by. All of a site have its first one, which counts them."""
        return [rules.key(self.article.site_id, ""), *self.terms]


@dataclass
class Found:
    """How near another article is, and what it shares with which of our texts: terms by their
    weight.
    """

    article_id: UUID
    likeness: float
    text: Text
    shared: dict[str, float]

    @cached_property
    def words(self) -> list[str]:
        """What is shared, as a person reads it."""
        text, topics = self.text, self.text.article.topics
        return rules.shown(
            text.stretches, topics, text.stems, weights=self.shared, most=MOST_WORDS_SHOWN
        )


def relate(article_ids: Collection[UUID]) -> None:
    """Find anew what goes with these articles, and put them where they go with others. Unpublished
    ones are taken out everywhere.

    One at a time for each site: its lock is held until the transaction ends.
    """
    articles = _read(article_ids)
    for site_id in sorted({each.site_id for each in articles}):
        _lock(site_id)
    _forget([each for each in articles if not each.is_published])
    by_site: dict[UUID, dict[UUID, list[Text]]] = defaultdict(dict)
    for each in filter(lambda article: article.is_published, articles):
        by_site[each.site_id][each.pk] = texts_of(each)
    for site_id, texts in by_site.items():
        _store_terms(site_id, [text for some in texts.values() for text in some])
        among = _editions_of(site_id)
        for each in _read(_outgrown(site_id, among, many=TAKEN_ALONG * len(texts)) - texts.keys()):
            texts[each.pk] = texts_of(each)
        for some in texts.values():
            _suggest(some, among)
        _note(site_id, texts, among)


def _read(article_ids: Iterable[UUID]) -> list[Article]:
    rows = Article.objects.filter(pk__in=list(article_ids)).prefetch_related("editions")
    return list(rows.order_by("pk"))


def _lock(site_id: UUID) -> None:
    """Wait for who relates articles of this site. Searches need bitmaps, which the planner is
    kept from elsewhere (`config.environment`).
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = on")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"relate:{site_id}"])


def _forget(articles: list[Article]) -> None:
    """Have nobody find these, nor be offered them."""
    of_these = list(Edition.objects.filter(article__in=articles).values_list("pk", flat=True))
    Suggestion.objects.filter(Q(edition__in=of_these) | Q(target__in=of_these)).delete()
    EditionTerms.objects.filter(edition__in=of_these).delete()
    LastRelated.objects.filter(article__in=articles).delete()


# -- what an edition is about -------------------------------------------------------------------
def texts_of(article: Article) -> list[Text]:
    """An article's editions with their terms. A query for each dictionary."""
    texts = []
    known: dict[str, dict[str, str | None]] = defaultdict(dict)
    for edition in article.editions.all():
        stretches = list(rules.stretches(_words(edition)))
        dictionary = rules.dictionary(edition.locale)
        stems = known[dictionary]
        words = {each.text for each in stretches if not each.is_paired}
        stems.update(_stems(dictionary, words - stems.keys()))
        named = rules.terms(stretches, article.topics, stems)
        keyed = {rules.key(article.site_id, term): term for term in named}
        texts.append(Text(edition, article, stretches, stems, keyed))
    return texts


def _words(edition: Edition) -> str:
    parts = [edition.title, edition.standfirst]
    for each in [*edition.sections, edition.insight or {}]:
        parts += [each.get("heading", ""), each.get("body", "")]
    return "\n".join(parts)


def _stems(dictionary: str, words: Collection[str]) -> dict[str, str | None]:
    """Of each word its stem; None for one that only holds others together. One query, if any."""
    if not words:
        return {}
    rows = fetch(
        "SELECT word, ts_lexize(%s::text::regdictionary, word) FROM unnest(%s::text[]) AS word",
        [dictionary, sorted(words)],
    )
    return {word: word if found is None else next(iter(found), None) for word, found in rows}


def _store_terms(site_id: UUID, texts: Collection[Text]) -> None:
    """Have each edition found by its terms. A query, and an upsert of what is new."""
    wanted = {text.edition.pk: text.keys for text in texts}
    stored = dict(EditionTerms.objects.filter(pk__in=wanted).values_list("pk", "terms"))
    EditionTerms.objects.bulk_create(
        [
            EditionTerms(
                edition=text.edition,
                site_id=site_id,
                locale=text.edition.locale,
                terms=wanted[text.edition.pk],
            )
            for text in texts
            if stored.get(text.edition.pk) != wanted[text.edition.pk]
        ],
        update_conflicts=True,
        unique_fields=["edition"],
        update_fields=["terms", "locale"],
    )


# -- what goes with it --------------------------------------------------------------------------
def _editions_of(site_id: UUID) -> int:
    """How many published editions a site has. One query."""
    found = TermCount.objects.filter(term=rules.key(site_id, ""))
    return found.values_list("count", flat=True).first() or 0


def _outgrown(site_id: UUID, among: int, *, many: int) -> set[UUID]:
    """Articles that were related when there were half as many editions at most. One query."""
    rows = LastRelated.objects.filter(site=site_id, among__lte=among // 2).order_by("among")
    return set(rows.values_list("pk", flat=True)[:many])


def _note(site_id: UUID, article_ids: Iterable[UUID], among: int) -> None:
    LastRelated.objects.bulk_create(
        [LastRelated(article_id=each, site_id=site_id, among=among) for each in article_ids],
        update_conflicts=True,
        unique_fields=["article"],
        update_fields=["among"],
    )


def _suggest(texts: list[Text], among: int) -> None:
    """Store what goes with an article's editions, on both sides. Six queries, two for each edition,
    and one for each that has too few.

    An edition is offered what is near to any edition of its article, where that has an edition of
    its locale: a page may stand under one locale and be written in another language.
    """
    found_by = {
        text.edition.locale: {
            found.article_id: found
            for found in sorted(_search(text, among), key=lambda found: found.likeness)
        }
        for text in texts
    }
    nearest: dict[UUID, Found] = {}
    for some in found_by.values():
        for article_id, found in some.items():
            if article_id not in nearest or nearest[article_id].likeness < found.likeness:
                nearest[article_id] = found
    own = {text.edition.locale: text.edition for text in texts}
    targets = Edition.objects.filter(article__in=list(nearest), locale__in=list(own)).order_by()
    here: dict[str, list[Edition]] = {locale: [] for locale in own}
    for target in targets.only("locale", "article"):
        here[target.locale].append(target)
    listed_on = _take_out([edition.pk for edition in own.values()])
    rows: list[Suggestion] = []
    for locale, listed in here.items():
        edition = own[locale]
        listed.sort(key=lambda target: -nearest[target.article_id].likeness)
        for place, target in enumerate(listed):
            found = nearest[target.article_id]
            words = found_by[locale].get(target.article_id, found)  # in its own language, if any
            if place < MOST_KEPT:
                rows.append(_row(edition, target, found.likeness, words))
            if place < MOST_KEPT or (target.pk, edition.pk) in listed_on:
                rows.append(_row(target, edition, found.likeness, words))
        if len(listed) < FEWEST:
            rows += _newest(edition, texts[0].article, {target.pk for target in listed})
    Suggestion.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["edition", "target"],
        update_fields=["likeness", "shared"],
    )
    _trim({row.edition_id for row in rows})


def _take_out(ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Take editions off the lists of what is near, and theirs away. Gives whose lists they were
    on. Two queries.
    """
    near = Suggestion.objects.filter(target__in=ids, likeness__gt=0)
    listed_on = set(near.values_list("edition", "target"))
    Suggestion.objects.filter(Q(edition__in=ids) | Q(target__in=ids, likeness__gt=0)).delete()
    return listed_on


def _row(edition: Edition, target: Edition, likeness: float, found: Found) -> Suggestion:
    return Suggestion(edition=edition, target=target, likeness=likeness, shared=found.words)


#: For each term who has it; of each who has any, what they share over the root of its length.
SEARCH = """
    WITH asked AS (SELECT * FROM unnest(%s::bigint[], %s::float8[]) AS asked (term, weight)),
    hits AS (
        SELECT held.edition_id, array_agg(asked.term) AS shared,
            sum(asked.weight) / sqrt(cardinality(held.terms) - 1) AS near
        FROM asked JOIN articles_editionterms AS held ON held.terms @> ARRAY[asked.term]
        GROUP BY held.edition_id ORDER BY near DESC LIMIT %s
    )
    SELECT edition.article_id, near, shared
    FROM hits JOIN articles_edition AS edition ON edition.id = edition_id
    WHERE edition.article_id <> %s
"""


def _search(text: Text, among: int) -> list[Found]:
    """Whose texts are near to this one. Two queries."""
    if not text.terms:
        return []
    counts = dict(TermCount.objects.filter(pk__in=text.terms).values_list("term", "count"))
    weights = {term: log(1 + among / max(counts.get(term, 1), 1)) ** 2 for term in text.terms}
    whole = sum(weights.values())
    asked = _asked(counts, among)
    rows = fetch(SEARCH, [asked, [weights[term] for term in asked], MOST_FOUND, text.article.pk])
    scale = sqrt(len(weights)) / whole
    return [
        Found(article_id, near * scale, text, {text.terms[term]: weights[term] for term in shared})
        for article_id, near, shared in rows
        if near * scale >= LEAST_LIKENESS
    ]


def _asked(counts: Mapping[int, int], among: int) -> list[int]:
    """The terms worth asking for: the rarest that somebody else has, as many as the budget of
    entries allows.
    """
    common = max(COMMON_FROM, COMMON_SHARE * among)
    asked, entries = [], 0
    for term in sorted(counts, key=lambda term: counts[term]):
        entries += counts[term]
        if counts[term] > common or entries > MOST_ENTRIES:
            break
        if counts[term] > 1:
            asked.append(term)
    return asked


def _newest(edition: Edition, article: Article, besides: Collection[UUID]) -> list[Suggestion]:
    """Some of the newest, for an edition that few go with. One query."""
    rows = EditionTerms.objects.filter(site=article.site_id, locale=edition.locale)
    rows = rows.exclude(edition__article=article.pk).exclude(edition__in=besides)
    newest = rows.order_by("-edition").values_list("edition", flat=True)
    return [
        Suggestion(edition=edition, target_id=target, likeness=0, shared=[])
        for target in newest[: FEWEST - len(besides)]
    ]


def _trim(edition_ids: Collection[UUID]) -> None:
    """Leave each edition its nearest; the newest at all only while nearer ones are too few. One
    query.
    """
    place = Window(
        RowNumber(), partition_by=F("edition"), order_by=[F("likeness").desc(), F("target").desc()]
    )
    placed = Suggestion.objects.filter(edition__in=list(edition_ids)).annotate(place=place)
    surplus = placed.filter(Q(place__gt=MOST_KEPT) | Q(place__gt=FEWEST, likeness=0))
    Suggestion.objects.filter(pk__in=list(surplus.values_list("pk", flat=True))).delete()
