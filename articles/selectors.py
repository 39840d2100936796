"""Reads about articles. Each says how many queries it makes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, OuterRef, QuerySet, Subquery, Value, prefetch_related_objects
from django.http import Http404

from articles.models import Article, Edition, FormerText, PageAddress
from articles.querysets import keys_of
from articles.titles import tsquery
from articles.urlkeys import NotAPage, url_key
from comments.models import Comment, Thread

#: Articles that one search gives.
MOST_FOUND = 1_000


def article(article_id: UUID) -> Article:
    """A published article with its editions. Raises Http404. Two queries."""
    rows = Article.objects.published().select_related("section").prefetch_related("editions")
    found = rows.filter(pk=article_id).first()
    if found is None:
        raise Http404
    return found


def with_pages(article: Article) -> Article:
    """The article with its editions, their other addresses and former texts. Three queries."""
    prefetch_related_objects([article], "editions__addresses", "editions__former_texts")
    return article


def ids_named(text: str, *, site_id: UUID | None = None) -> list[UUID]:
    """Articles (of one site) whose title has these words or their beginnings, in any script, whose
    id begins so, or that are found at this address: the newest `MOST_FOUND`. Two statements.

    Each by an index, and the index of titles is read into a bitmap, which the planner is kept from
    elsewhere (`config.environment`).
    """
    rows = Article.objects.order_by() if site_id is None else Article.objects.filter(site=site_id)
    keys = keys_of([text])
    ways = [
        rows.filter(external_id__startswith=text),
        rows.filter(editions__url_key__in=keys),
        rows.filter(editions__addresses__url_key__in=keys),
    ]
    if wanted := tsquery(text):
        ways.append(rows.filter(editions__title_terms__titled=wanted))
    first, *others = (each.order_by().values_list("pk", flat=True) for each in ways)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = on")
        return list(first.union(*others).order_by("-pk")[:MOST_FOUND])


def edition_at(url: str) -> Edition:
    """The edition that an address leads to, if its thread may be shown. Raises Http404. One
    query.
    """
    rows = Edition.objects.at(url).discussed().select_related("article", "thread")
    found = {each.url_key: each for each in rows}
    if not found:
        raise Http404
    return found.get(url_key(url)) or next(iter(found.values()))


def edition_named(*, site_id: UUID, external_id: str, locale: str | None) -> Edition:
    """An edition by the publisher's id of its article; without a locale the first one.

    Raises Http404. One query.
    """
    rows = Edition.objects.discussed().filter(
        article__site=site_id, article__external_id=external_id
    )
    if locale:
        rows = rows.filter(locale=locale)
    return _one(rows.select_related("article", "thread"))


def edition_of(thread_id: UUID, *, locale: str) -> Edition | None:
    """The edition that a thread stands below, with its article: in `locale`, if there is one.

    None for a thread without an article. One query.
    """
    editions = Edition.objects.filter(thread=thread_id).select_related("article")
    found = list(editions.order_by("position"))
    return next((each for each in found if each.locale == locale), found[0] if found else None)


def text_answered(edition: Edition, at: datetime) -> FormerText | None:
    """What an edition said when somebody commented at that moment; None where that is what it says
    now. Of texts that are kept no longer, the oldest after them. One query.
    """
    return edition.former_texts.filter(until__gt=at).order_by("number").first()


def pages_of(comments: Sequence[Comment]) -> dict[UUID, Edition]:
    """By comment, the edition of its thread that it was written on, or the first one. None where
    a thread has no article. One query.
    """
    editions = Edition.objects.filter(thread__in={each.thread_id for each in comments})
    found = list(editions.order_by("-position"))
    first = {each.thread_id: each for each in found}
    same = {(each.thread_id, each.locale): each for each in found}
    return {
        each.pk: page
        for each in comments
        if (page := same.get((each.thread_id, each.edition)) or first.get(each.thread_id))
    }


def threads_at(urls: Sequence[str]) -> dict[str, Thread]:
    """The threads of pages with their counts, by address as asked. One query.

    Counts are looked up by key, since a join may read every thread there is.
    """
    keys = keys_of(urls)
    standing = Edition.objects.filter(url_key__in=keys).order_by()
    found = PageAddress.objects.filter(url_key__in=keys)
    rows = _counted(found, "edition__thread").union(_counted(standing, "thread"), all=True)
    by_key = {
        key: Thread(pk=thread_id, comment_count=count)
        for _is_now, key, thread_id, count in sorted(rows, key=lambda row: row[0])
        if count is not None
    }
    return {url: by_key[key] for url in urls if (key := _key_or_none(url)) in by_key}


def _counted(rows: QuerySet[Any], thread: str) -> QuerySet[Any, tuple[bool, str, UUID, int | None]]:
    """Whether a page stands there now, its key, its thread and, where that is shown, the count."""
    shown = Thread.objects.shown().filter(pk=OuterRef(thread)).values("comment_count")
    told = rows.annotate(
        is_now=Value(rows.model is Edition), thread_key=F(thread), count=Subquery(shown)
    )
    return told.values_list("is_now", "url_key", "thread_key", "count")


def _one(rows: QuerySet[Edition]) -> Edition:
    edition = rows.first()
    if edition is None:
        raise Http404
    return edition


def _key_or_none(url: str) -> str | None:
    try:
        return url_key(url)
    except NotAPage:
        return None
