"""Related links: whether suggestions are of the same story, what serving a list and relating an
article cost among many, and how soon a new article stands on the lists of others.

.venv/bin/python -m bench.related [--short] [--json] [--keep]
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from itertools import accumulate, islice
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Any

import orjson
import psutil

from bench import stage
from bench.figures import Figures, Report, Target, arguments, percentile
from bench.stage import Stage
from tests.articles import story_clusters
from tests.articles.story_clusters import LOCALES

if TYPE_CHECKING:
    from uuid import UUID

    from publishers.models import Site

ORIGIN = "https://bench.example"
ARTICLES = 100_000
ARTICLES_IN_SHORT = 10_000
RELATED = 200
SERVED = 2_000
ARRIVALS = 20
LATEST_SECONDS = 30
STORED_AT_ONCE = 2_000
#: Words of an article, and how many the language has.
WORDS, VOCABULARY = 150, 60_000
#: So many articles tell one story, whose names are theirs alone.
OF_A_STORY, NAMES = 6, 8
SYLLABLES = {
    "en": [a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "or", "el")],
    "ko": [chr(code) for code in range(0xAC00, 0xD7A3, 37)],
    "ja": [chr(code) for code in range(0x4E00, 0x9000, 41)],
}


def measure(here: Stage, report: Report, options: argparse.Namespace) -> None:
    many = ARTICLES_IN_SHORT if options.short else ARTICLES
    report.say("Sixty stories that are told in five articles each")
    shares = story_clusters.judge()
    report.add("Of the first four suggestions, those of the same story", shares)
    report.say(f"{many:,} articles")
    site, ids = lay(here, many)
    here.settle()
    report.say(f"Relating {RELATED} of them")
    cost = relating(ids)
    report.add(f"Relating one article among {many:,}", [cost])
    here.start_web(floor=False)
    report.say("Serving lists nobody asked for before")
    figures = served(here, ids)
    report.add("Serving a list, one client", figures.rows())
    report.say(f"{ARRIVALS} articles arrive")
    waits = arrivals(here, site)
    report.add(
        "From a new article to its place on the list of another, seconds",
        [{"articles": len(waits), "median": round(median(waits), 2), "longest": max(waits)}],
    )
    report.notes.append(
        "Each list is asked for once, so that all are made anew. CPU time is that of this process "
        "and of its PostgreSQL backend."
    )
    report.targets(
        *(
            Target(f"of the same story, {each['locale']}", each["share"], at_least=0.8)
            for each in shares
        ),
        Target("serving a list, p50", figures.row("related")["p50_ms"], at_most=50, unit=" ms"),
        Target("relating one, CPU p50", cost["cpu_p50_ms"], at_most=100, unit=" ms"),
        Target("on others' lists after, longest", max(waits), at_most=5, unit=" s"),
    )


# -- many articles -------------------------------------------------------------------------------
def texts(locale: str, number: int) -> Iterator[str]:
    """The texts of a language: words that are as often as in any, and the names of a story."""
    chance = Random(locale)
    syllables = SYLLABLES[locale]
    words = ["".join(chance.choices(syllables, k=2)) for _ in range(VOCABULARY)]
    often = list(accumulate(1 / place for place in range(1, VOCABULARY + 1)))
    names: list[str] = []
    for told_so_far in range(number):
        if told_so_far % OF_A_STORY == 0:
            names = ["".join(chance.choices(syllables, k=3)) for _ in range(NAMES)]
        some = chance.choices(words, cum_weights=often, k=WORDS) + names
        chance.shuffle(some)
        yield " ".join(some)


def lay(here: Stage, many: int) -> "tuple[Site, list[tuple[UUID, str]]]":
    """A site with so many articles, a third in each language, all of them indexed. Gives ids and
    locales. The index and the counts are made at the end, as they would be after each.
    """
    from articles.models import Article, Edition, EditionTerms, LastRelated
    from articles.services import relating as service
    from articles.urlkeys import url_key
    from comments.models import Thread
    from publishers.services import sites

    site, _ = sites.create(name="Bench", origins=[ORIGIN])
    ids: list[tuple[UUID, str]] = []
    before = here.sql("SELECT indexdef FROM pg_indexes WHERE indexname = 'edition_by_term'")
    here.sql("ALTER TABLE articles_editionterms DISABLE TRIGGER USER")
    here.sql("DROP INDEX edition_by_term")
    for locale in LOCALES:
        told_here = texts(locale, many // len(LOCALES))
        while some := list(islice(told_here, STORED_AT_ONCE)):
            threads = Thread.objects.bulk_create(Thread(site=site) for _ in some)
            articles = Article.objects.bulk_create(
                Article(site=site, external_id=f"{locale}-{len(ids) + at}", topics=["news"])
                for at in range(len(some))
            )
            addresses = [f"{ORIGIN}/{article.external_id}" for article in articles]
            Edition.objects.bulk_create(
                Edition(
                    article=article,
                    thread=thread,
                    locale=locale,
                    url=url,
                    url_key=url_key(url),
                    title=text[:80],
                    sections=[{"heading": "", "body": text[80:]}],
                )
                for article, thread, url, text in zip(
                    articles, threads, addresses, some, strict=True
                )
            )
            EditionTerms.objects.bulk_create(
                EditionTerms(edition=text.edition, site=site, locale=locale, terms=text.keys)
                for article in articles
                for text in service.texts_of(article)
            )
            LastRelated.objects.bulk_create(
                LastRelated(article=article, site=site, among=many) for article in articles
            )
            ids += [(article.pk, locale) for article in articles]
    here.sql("ALTER TABLE articles_editionterms ENABLE TRIGGER USER")
    here.sql(before[0][0])
    here.sql(
        "INSERT INTO articles_termcount (term, count) SELECT term, count(*)"
        " FROM articles_editionterms, unnest(terms) AS term WHERE site_id = %s GROUP BY term",
        site.pk,
    )
    return site, ids


def relating(ids: "list[tuple[UUID, str]]") -> dict[str, Any]:
    """What it costs to relate one article that is there and unchanged, by itself."""
    from django.db import connection

    from articles.services import relating as service

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = psutil.Process(cursor.fetchone()[0])
    spent, took = [], []
    for article_id, _ in Random(1).sample(ids, RELATED):
        before, begun = _cpu(backend), time.perf_counter()
        _in_a_transaction(lambda: service.relate([article_id]))  # noqa: B023  (called at once)
        spent.append(_cpu(backend) - before)
        took.append(time.perf_counter() - begun)
    return {
        "articles": RELATED,
        "cpu_mean_ms": round(1_000 * sum(spent) / len(spent), 1),
        "cpu_p50_ms": round(1_000 * median(spent), 1),
        "p50_ms": round(1_000 * median(took), 1),
        "p99_ms": round(1_000 * percentile(sorted(took), 0.99), 1),
    }


def _cpu(backend: psutil.Process) -> float:
    return time.process_time() + sum(backend.cpu_times()[:2])


def served(here: Stage, ids: "list[tuple[UUID, str]]") -> Figures:
    """Whole lists, each asked for once."""
    from articles.models import Edition, Suggestion
    from articles.services.relating import MOST_KEPT

    chance = Random(2)
    asked = chance.sample(ids, SERVED)
    named = dict(Edition.objects.values_list("article", "pk"))
    others = list(named.values())
    Suggestion.objects.all().delete()
    for article_id, _ in asked:
        Suggestion.objects.bulk_create(
            Suggestion(
                edition_id=named[article_id],
                target_id=target,
                likeness=chance.random(),
                shared=["harbour", "ferry", "pier", "winter", "crossing"],
            )
            for target in chance.sample(others, MOST_KEPT)
        )
    here.settle()
    requests = (
        f"GET /api/v1/articles/{article_id}/related?edition={locale} HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n\r\n".encode()
        for article_id, locale in asked
    )
    figures = Figures()
    figures.add(
        "related",
        here.slice(here.port, requests, clients=1, seconds=60, status=200, rows_in=None),
    )
    return figures


# -- a new one -----------------------------------------------------------------------------------
def arrivals(here: Stage, site: "Site") -> list[float]:
    """Seconds from an article's arrival until the list of an older one of its story names it."""
    from publishers.services import keys

    _, key = keys.issue(site=site, name="bench")
    waits = []
    with here.workers("worker", "beat"), closing(HTTPConnection("127.0.0.1", here.port)) as line:
        for number, text in enumerate(islice(texts("en", 10**6), ARRIVALS)):
            older = _send(line, key, f"older-{number}", text)
            _until_related(line, older, None)
            begun = time.perf_counter()
            newer = _send(line, key, f"newer-{number}", text)
            _until_related(line, older, newer)
            waits.append(round(time.perf_counter() - begun, 2))
    return waits


def _send(line: HTTPConnection, key: str, name: str, text: str) -> str:
    body = {
        "editions": [
            {
                "locale": "en",
                "url": f"{ORIGIN}/{name}",
                "title": text[:80],
                "sections": [{"heading": "", "body": text[80:]}],
            }
        ]
    }
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    line.request("PUT", f"/api/v1/publisher/articles/{name}", orjson.dumps(body), headers)
    answer = line.getresponse()
    told_back = orjson.loads(answer.read())
    assert answer.status == 201, told_back
    return str(told_back["id"])


def _until_related(line: HTTPConnection, article: str, to: str | None) -> None:
    """Ask until the list of an article names another, or anything at all."""
    deadline = time.monotonic() + LATEST_SECONDS
    while time.monotonic() < deadline:
        line.request("GET", f"/api/v1/articles/{article}/related?edition=en")
        results = orjson.loads(line.getresponse().read())["results"]
        if any(to in (None, each["article"]) for each in results):
            return
        time.sleep(0.05)
    raise TimeoutError(f"article {article} was not related within {LATEST_SECONDS} s")


def _in_a_transaction(work: Any) -> None:
    from django.db import transaction

    with transaction.atomic():
        work()


def main() -> None:
    options = arguments("Related links: how good, how dear, how soon.").parse_args()
    report = Report("related", options)
    with stage.opened(options.port) as here:
        measure(here, report, options)
    report.publish()


if __name__ == "__main__":
    main()
