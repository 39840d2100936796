"""Sixty stories of invented everyday news, told in five articles each: twenty in English, twenty
in Korean, twenty in Japanese. What belongs together is known, so that suggestions can be judged.

`stories/<locale>.txt`: `= name: topic, topic` begins a story; each article of it is three lines
(title, standfirst, body), and a blank line follows. Topics are wide: four stories share each. No
two titles of a story share a rare word (`tests.articles.test_story_clusters`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOCALES = ("en", "ko", "ja")
FOLDER = Path(__file__).parent / "stories"


@dataclass(frozen=True)
class Told:
    """One article of a story."""

    story: str
    locale: str
    number: int
    topics: tuple[str, ...]
    title: str
    standfirst: str
    body: str

    @property
    def external_id(self) -> str:
        return f"{self.locale}-{self.number}"


def told(locale: str) -> list[Told]:
    """The hundred articles of one language."""
    found: list[Told] = []
    for head, *lines in _stories(locale):
        name, _, topics = head.removeprefix("= ").partition(": ")
        for texts in zip(*[iter(lines)] * 3, strict=True):
            found.append(Told(name, locale, len(found), tuple(topics.split(", ")), *texts))
    return found


def _stories(locale: str) -> list[list[str]]:
    stories: list[list[str]] = []
    for line in (FOLDER / f"{locale}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            stories.append([])
        if line:
            stories[-1].append(line)
    return stories


def judge() -> list[dict[str, Any]]:
    """How many of the first four suggestions for each article are of its story, by language, once
    all of them stand on one site.
    """
    from django.db import transaction

    from articles.models import Article, Edition
    from articles.relations import related
    from articles.services import relating
    from articles.urlkeys import url_key
    from comments.models import Thread
    from publishers.services import sites

    site, _ = sites.create(name="Judged", origins=["https://judged.example"])
    every = [each for locale in LOCALES for each in told(locale)]
    threads = Thread.objects.bulk_create(Thread(site=site) for _ in every)
    articles = Article.objects.bulk_create(
        Article(site=site, external_id=each.external_id, topics=list(each.topics)) for each in every
    )
    addresses = [f"https://judged.example/{each.external_id}" for each in every]
    Edition.objects.bulk_create(
        Edition(
            article=article,
            thread=thread,
            locale=each.locale,
            url=url,
            url_key=url_key(url),
            title=each.title,
            standfirst=each.standfirst,
            sections=[{"heading": "", "body": each.body}],
        )
        for each, article, thread, url in zip(every, articles, threads, addresses, strict=True)
    )
    with transaction.atomic():
        relating.relate([article.pk for article in articles])
    stories = {
        article.pk: (each.locale, each.story) for each, article in zip(every, articles, strict=True)
    }
    hits: dict[str, list[bool]] = {locale: [] for locale in LOCALES}
    for article_id, (locale, story) in stories.items():
        first = related(article_id, locale=locale)[:4]
        editions = [each.edition for each in first if each.edition]
        hits[locale] += [stories[each.article_id] == (locale, story) for each in editions]
    return [
        {"locale": locale, "suggestions": len(some), "share": round(sum(some) / len(some), 3)}
        for locale, some in hits.items()
    ]
