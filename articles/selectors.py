"""Reads about articles. Each says how many queries it makes."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404

from articles.models import Article, Edition, RelatedLink
from articles.states import PickedBy
from articles.urlkeys import NotAPage, url_key
from comments.models import Comment, Thread
from comments.states import ThreadState


@dataclass(frozen=True)
class Related:
    """A related article as a page lists it; `edition` is there if it is one of the site's own."""

    title: str
    text: str
    url: str
    picked_by: PickedBy
    edition: Edition | None

    @property
    def comment_count(self) -> int | None:
        """None for a page elsewhere, and where the thread is not shown."""
        thread = self.edition.thread if self.edition else None
        return thread.comment_count if thread and thread.state != ThreadState.OFF else None


def article(article_id: UUID) -> Article:
    """An article with its editions. Raises Http404. Two queries."""
    found = Article.objects.prefetch_related("editions").filter(pk=article_id).first()
    if found is None:
        raise Http404
    return found


def edition_at(url: str) -> Edition:
    """The edition at an address whose thread may be shown. Raises Http404. One query."""
    return _one(Edition.objects.at(url).discussed().select_related("article", "thread"))


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


def related(article_id: UUID, *, locale: str) -> list[Related]:
    """What editors relate to an article's edition, in their order, each with its live count.

    An article of the site is shown in the edition being read, if it has one; an article that has
    not arrived is left out. Raises Http404. Three queries.
    """
    edition = _one(
        Edition.objects.filter(article=article_id, locale=locale).select_related("article")
    )
    links = list(edition.related_links.all())
    targets = _targets(edition, links)
    found = (_related(link, targets) for link in links)
    return [each for each in found if each is not None]


def threads_at(urls: Sequence[str]) -> dict[str, Thread]:
    """The threads of pages with their counts, by address as asked. One query.

    Counts are looked up by key, since a join may read every thread there is.
    """
    shown = Thread.objects.shown().filter(pk=OuterRef("thread"))
    rows = Edition.objects.at(*urls).annotate(count=Subquery(shown.values("comment_count")))
    by_key = {
        key: Thread(pk=thread_id, comment_count=count)
        for key, thread_id, count in rows.order_by().values_list("url_key", "thread", "count")
        if count is not None
    }
    return {url: by_key[key] for url in urls if (key := _key_or_none(url)) in by_key}


def _one(rows: QuerySet[Edition]) -> Edition:
    edition = rows.first()
    if edition is None:
        raise Http404
    return edition


def _targets(edition: Edition, links: list[RelatedLink]) -> dict[str, Edition]:
    """Editions that links lead to, by external id or URL key; those in the reader's locale win."""
    ids = [link.external_id for link in links if link.external_id]
    keys = [key for link in links if (key := _key_or_none(link.url))]
    of_site = Edition.objects.filter(article__site=edition.article.site_id).order_by()
    by_id = of_site.filter(article__external_id__in=ids).values("pk")
    by_key = of_site.filter(url_key__in=keys).values("pk")
    rows = Edition.objects.filter(pk__in=by_id.union(by_key, all=True))
    found: dict[str, Edition] = {}
    for each in rows.select_related("article", "thread").order_by("article", "position"):
        found[each.url_key] = each
        if each.locale == edition.locale or each.article.external_id not in found:
            found[each.article.external_id] = each
    return found


def _related(link: RelatedLink, targets: dict[str, Edition]) -> Related | None:
    target = targets.get(link.external_id or _key_or_none(link.url) or "")
    if link.external_id and target is None:
        return None
    return Related(
        title=link.title or (target.title if target else ""),
        text=link.text or (target.standfirst if target else ""),
        url=link.url or (target.url if target else ""),
        picked_by=PickedBy.EDITOR,
        edition=target,
    )


def _key_or_none(url: str) -> str | None:
    try:
        return url_key(url)
    except NotAPage:
        return None
