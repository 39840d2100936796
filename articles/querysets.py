"""Adjectives for editions."""

from typing import TYPE_CHECKING

from django.db import models

from articles.states import CommentsSwitch
from articles.urlkeys import NotAPage, url_key

if TYPE_CHECKING:
    from articles.models import Edition  # noqa: F401  (the queryset's own model)


class EditionQuerySet(models.QuerySet["Edition"]):
    def at(self, *urls: str) -> "EditionQuerySet":
        """The editions that stand at these addresses, however they are spelt."""
        keys = []
        for url in urls:
            try:
                keys.append(url_key(url))
            except NotAPage:
                continue
        return self.filter(url_key__in=keys)

    def discussed(self) -> "EditionQuerySet":
        """Editions whose thread may be shown."""
        return self.exclude(article__comments=CommentsSwitch.OFF)
