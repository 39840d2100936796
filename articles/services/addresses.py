"""Which edition stands at which address, kept in mind while stories are stored.

An address leads to the edition that stands there now. Addresses it had before, and those of other
forms of its page, lead to it as well, unless another edition comes to stand there.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from articles.models import Article, Edition, PageAddress
from articles.urlkeys import url_key
from common.errors import FieldError, InvalidInput
from publishers.models import Site

#: Of addresses an edition had before. The oldest are forgotten.
MOST_KEPT = 100
TAKEN = _("Another article already has this address.")


class ArticleRefused(InvalidInput):
    """The publisher's article cannot be stored as it is."""


class AddressBook:
    """The addresses of some stories of a site, and of the articles that are to change.

    Changes are made here first; `services.publishing` stores them all at once. Three queries.
    """

    def __init__(self, site: Site, stories: Iterable[dict[str, Any]], known: list[Article]) -> None:
        self.site = site
        self.hosts = {urlsplit(row.origin).netloc for row in site.origins.all()}
        self.standing: dict[str, Edition] = {}
        self.found: dict[str, PageAddress] = {}
        self.gone: set[int] = set()
        for article in known:
            for edition in article.editions.all():
                self._keep(edition, edition.addresses.all())
        self._look_up(key for story in stories for key in _keys(story))

    def _look_up(self, keys: Iterable[str]) -> None:
        unknown = set(keys) - self.standing.keys()
        editions = Edition.objects.filter(url_key__in=unknown).order_by()
        for edition in editions.select_related("article", "thread"):
            self.standing[edition.url_key] = edition
        unknown -= self.found.keys()
        for address in PageAddress.objects.filter(url_key__in=unknown).select_related(
            "edition__article"
        ):
            self.found[address.url_key] = address

    def _keep(self, edition: Edition, addresses: Iterable[PageAddress]) -> None:
        self.standing[edition.url_key] = edition
        for address in addresses:
            address.edition = edition
            self.found[address.url_key] = address

    # -- asked --------------------------------------------------------------------------------
    def opened_by_readers(self, story: dict[str, Any]) -> list[Article]:
        """The articles that readers opened the threads of at the addresses of this story."""
        holders = [self.standing.get(url_key(each["url"])) for each in story["editions"]]
        articles = {each.article_id: each.article for each in holders if each}
        return [
            each for each in articles.values() if each.by_reader and each.site_id == self.site.pk
        ]

    def check(self, story: dict[str, Any], own: set[UUID]) -> None:
        """Pages of a site stand on its registered origins, and one address is one page. `own`: the
        articles whose addresses the story may have. Raises ArticleRefused. No query.
        """
        for position, texts in enumerate(story["editions"]):
            at = f"/editions/{position}"
            self._check_host(texts["url"], f"{at}/url")
            self._check_place(texts["url"], own, f"{at}/url")
            for where, url in _others(texts):
                self._check_host(url, f"{at}/{where}")
                holder = self.at(url_key(url))
                if holder and holder.article_id not in own:
                    raise refused(f"{at}/{where}", "url_taken", TAKEN)

    def _check_place(self, url: str, own: set[UUID], pointer: str) -> None:
        """Nobody else may stand there; who of the site is only found there has to yield."""
        key = url_key(url)
        holder, address = self.standing.get(key), self.found.get(key)
        is_elsewhere = address and address.edition.article.site_id != self.site.pk
        if is_elsewhere or (holder and holder.article_id not in own):
            raise refused(pointer, "url_taken", TAKEN)

    def _check_host(self, url: str, pointer: str) -> None:
        if urlsplit(url).netloc.lower() not in self.hosts:
            sentence = _("This address is not on one of the site's registered origins.")
            raise refused(pointer, "origin_not_registered", sentence)

    def at(self, key: str) -> Edition | None:
        """The edition this address leads to, as far as it was looked up."""
        found = self.found.get(key)
        return self.standing.get(key) or (found and found.edition) or None

    # -- told ---------------------------------------------------------------------------------
    def leave(self, edition: Edition) -> None:
        """An edition moves away, and stays to be found where it stood."""
        if self.standing.get(edition.url_key) == edition:
            del self.standing[edition.url_key]
        self._lead(edition.url, edition.url_key, edition)

    def stand(self, edition: Edition) -> None:
        """An edition comes to stand at its address. Who is only found there is so no more."""
        self.standing[edition.url_key] = edition
        self._forget(edition.url_key)

    def lead(self, edition: Edition, texts: dict[str, Any]) -> None:
        """Have the other addresses of an edition lead to it, unless a sibling stands there."""
        for _where, url in _others(texts):
            key = url_key(url)
            if key not in self.standing:
                self._lead(url, key, edition)

    def drop(self, edition: Edition) -> None:
        """An edition is taken out, with all its addresses: the database forgets those it has."""
        if self.standing.get(edition.url_key) == edition:
            del self.standing[edition.url_key]
        self.found = {
            key: each for key, each in self.found.items() if each.edition_id != edition.pk
        }

    def _lead(self, url: str, key: str, edition: Edition) -> None:
        held = self.found.get(key)
        if held is None or held.edition_id != edition.pk:
            self._forget(key)
            self.found[key] = PageAddress(edition=edition, url=url, url_key=key)

    def _forget(self, key: str) -> None:
        address = self.found.pop(key, None)
        if address and address.pk:
            self.gone.add(address.pk)

    # -- stored -------------------------------------------------------------------------------
    def delete_gone(self) -> None:
        """Delete the rows of addresses that lead elsewhere now, and the oldest of too many. One
        query, if there are any.
        """
        of_editions: dict[UUID, list[PageAddress]] = {}
        for address in self.found.values():
            of_editions.setdefault(address.edition_id, []).append(address)
        for kept in of_editions.values():
            for address in kept[: max(0, len(kept) - MOST_KEPT)]:
                self._forget(address.url_key)
        if self.gone:
            PageAddress.objects.filter(pk__in=self.gone).delete()

    def store_new(self) -> None:
        """Store the addresses that are new. One query, if there are any."""
        fresh = [each for each in self.found.values() if each.pk is None]
        if fresh:
            PageAddress.objects.bulk_create(fresh)


def refused(pointer: str, code: str, detail: Any) -> ArticleRefused:
    """A refusal of one field."""
    return ArticleRefused(errors=(FieldError(pointer, code, str(detail)),))


def _keys(story: dict[str, Any]) -> Iterable[str]:
    for texts in story["editions"]:
        yield url_key(texts["url"])
        for _where, url in _others(texts):
            yield url_key(url)


def _others(texts: dict[str, Any]) -> list[tuple[str, str]]:
    """Where an edition is to be found beside its own address: place in the body, and address."""
    found = [(f"alternates/{name}", url) for name, url in texts["alternates"].items()]
    if texts["canonical_url"]:
        found.append(("canonical_url", texts["canonical_url"]))
    found += [(f"former_urls/{n}", url) for n, url in enumerate(texts["former_urls"])]
    own = url_key(texts["url"])
    return [(where, url) for where, url in found if url_key(url) != own]
