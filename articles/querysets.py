"""Adjectives for articles and editions."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models

from articles.urlkeys import NotAPage, url_key
from comments.states import ThreadState

if TYPE_CHECKING:
    from articles.models import Article, Edition  # noqa: F401  (the querysets' own models)


class ArticleQuerySet(models.QuerySet["Article"]):
    def published(self) -> "ArticleQuerySet":
        return self.filter(unpublished_at=None)


class EditionQuerySet(models.QuerySet["Edition"]):
    def at(self, *urls: str) -> "EditionQuerySet":
        """The editions that are found at these addresses, however they are spelt: those that stand
        there, stood there once, or have another form of their page there.
        """
        every, keys = self.model._default_manager.order_by(), keys_of(urls)
        standing = every.filter(url_key__in=keys).values("pk")
        found = every.filter(addresses__url_key__in=keys).values("pk")
        return self.filter(pk__in=standing.union(found, all=True))

    def discussed(self) -> "EditionQuerySet":
        """Editions whose thread may be shown."""
        return self.exclude(thread__state=ThreadState.OFF)

    def published(self) -> "EditionQuerySet":
        return self.filter(article__unpublished_at=None)


def keys_of(urls: Iterable[str]) -> list[str]:
    """The keys of these addresses, without those that are none."""
    keys = []
    for url in urls:
        try:
            keys.append(url_key(url))
        except NotAPage:
            continue
    return keys
