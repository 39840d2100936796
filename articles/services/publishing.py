"""What a publisher's server sends becomes article, editions, related links and threads."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from articles.events import ArticleChanged
from articles.models import Article, Edition
from articles.services.addresses import ArticleRefused
from articles.services.arriving import Arrival, Arrivals, Story, relate_all, tell_threads
from articles.states import CommentsSwitch
from common import clock
from common.errors import Refusal
from outbox.services import relay
from publishers.models import Site
from publishers.services import purging

__all__ = ["ArticleRefused", "put", "put_all", "relate", "switch", "unpublish"]


class UnknownArticle(Refusal):
    code: ClassVar[str] = "article_unknown"
    status: ClassVar[int] = 404
    detail = _("There is no article with this id.")


class UnknownEdition(Refusal):
    code: ClassVar[str] = "edition_unknown"
    status: ClassVar[int] = 404
    detail = _("This article has no such edition.")


def put(*, site: Site, external_id: str, story: Story) -> tuple[Article, bool]:
    """Create or update an article with its editions, and open its threads, all or nothing.

    `story` is a checked body of `PUT /publisher/articles/{external_id}`. Editions that are left
    out go (their threads and comments are kept); related links that are left out stay. An article
    that was unpublished is published again. The same body again changes nothing. Gives the article
    and whether it is new. Raises ArticleRefused with the fields at fault.
    """
    [arrival] = put_all(site=site, stories=[(external_id, story)])
    if arrival.article is None:
        raise arrival.fault or ArticleRefused
    return arrival.article, arrival.is_new


def put_all(*, site: Site, stories: Sequence[tuple[str, Story]]) -> list[Arrival]:
    """The same for many, each all or nothing: what became of each, in their order."""
    try:
        return _store(site, stories)
    except IntegrityError:  # somebody sent one of these, or took an address, since we looked
        return [each for story in stories for each in _store(site, [story])]


@transaction.atomic
def _store(site: Site, stories: Sequence[tuple[str, Story]]) -> list[Arrival]:
    arrivals = Arrivals(site, stories)
    taken = [arrivals.take(external_id, story) for external_id, story in stories]
    arrivals.store()
    return taken


@transaction.atomic
def unpublish(*, article: Article) -> None:
    """Take an article's page back: its conversations are shown nowhere, and kept. A repeat does
    nothing.
    """
    if article.is_published:
        article.unpublished_at = clock.now()
        _save(article, "unpublished_at")
        relay.record(ArticleChanged(article.pk))


@transaction.atomic
def republish(*, article: Article) -> None:
    """Show an article and its conversations again, as they were."""
    if not article.is_published:
        article.unpublished_at = None
        _save(article, "unpublished_at")
        relay.record(ArticleChanged(article.pk))


@transaction.atomic
def switch(*, article: Article, to: CommentsSwitch | None) -> None:
    """Open, close or hide an article's conversations by hand; None: as its section says. The
    publisher's next `PUT` sets what it says.
    """
    article.comments = to or ""
    _save(article, "comments")


def relate(*, edition: Edition, links: list[dict[str, Any]]) -> None:
    """Make `links` the edition's related links, in this order."""
    with transaction.atomic():
        relate_all([(edition, links)])


def article_of(*, site: Site, external_id: str) -> Article:
    """The article a publisher names, published or not. Raises UnknownArticle. One query."""
    rows = Article.objects.filter(site=site, external_id=external_id)
    article = rows.select_related("section").first()
    if article is None:
        raise UnknownArticle
    return article


def edition_of(*, site: Site, external_id: str, locale: str) -> Edition:
    """The edition a publisher names. Raises UnknownEdition. One query."""
    edition = Edition.objects.filter(
        article__site=site, article__external_id=external_id, locale=locale
    ).first()
    if edition is None:
        raise UnknownEdition
    return edition


def _save(article: Article, field: str) -> None:
    article.save(update_fields=[field, "updated_at"])
    tell_threads([article])
    purging.purge_soon(f"article-{article.pk}")
