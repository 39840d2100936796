"""Which of our articles an export's pages are, by whatever address each was known."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin
from uuid import UUID

from articles.models import Edition
from articles.urlkeys import NotAPage, url_key
from operations.moving.records import BadExport, Page
from publishers.models import Site


@dataclass(frozen=True, slots=True)
class Address:
    """Where the comments of a page go."""

    thread: UUID
    locale: str
    url: str


class Pages:
    """The pages of an export, looked for among a site's editions: first as `moved` has it, then at
    each address it was known by, at last by the publisher's own id for it.
    """

    def __init__(
        self, site: Site, *, base: str = "", moved: Mapping[str, str] | None = None
    ) -> None:
        self.site = site
        self.base = base
        self.moved = moved or {}

    def find(self, pages: Iterable[Page]) -> dict[str, Address]:
        """Where each goes, by its key; those that are nowhere are left out. Four queries."""
        wanted = {page.key: self._candidates(page) for page in pages}
        urls = [url for each in wanted.values() for url in each if _key(url)]
        editions = Edition.objects.filter(article__site=self.site).at(*urls)
        found_at = {
            address.url_key: edition
            for edition in editions.prefetch_related("addresses")
            for address in edition.addresses.all()
        }
        by_url = found_at | {edition.url_key: edition for edition in editions}
        names = {name for each in wanted.values() for name in each if not _key(name)}
        by_name = self._first_editions(names)
        found = {
            key: next(
                filter(None, (by_url.get(_key(each)) or by_name.get(each) for each in candidates)),
                None,
            )
            for key, candidates in wanted.items()
        }
        return {
            key: Address(edition.thread_id, edition.locale, edition.url)
            for key, edition in found.items()
            if edition
        }

    def looked_for(self, page: Page) -> str:
        """What a page is called where it was not found."""
        return next(iter(self._candidates(page)), page.key)

    def _candidates(self, page: Page) -> list[str]:
        """What may be its address or id with us, the likeliest first."""
        urls = [_joined(self.base, url) for url in page.urls if url]
        names = [*urls, *page.urls, page.identifier]
        moved = [self.moved[key] for each in names if (key := _key(each) or each) in self.moved]
        return list(dict.fromkeys(each for each in [*moved, *urls, page.identifier] if each))

    def _first_editions(self, names: Iterable[str]) -> dict[str, Edition]:
        """The first edition of each article by the publisher's ids."""
        rows = Edition.objects.filter(
            article__site=self.site, article__external_id__in=list(names)
        ).select_related("article")
        return {each.article.external_id: each for each in rows.order_by("-position")}


def moved_pages(path: Path) -> dict[str, str]:
    """What a file of two columns says: the old address (or the id the old system had), and the
    address, or external id, of the article with us. Raises BadExport.
    """
    moved = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.reader(file), 1):
                if not row:
                    continue
                if len(row) != 2 or not all(each.strip() for each in row):
                    raise BadExport(f"{path.name}, line {number}: two columns, old and new.")
                old, new = (each.strip() for each in row)
                moved[_key(old) or old] = new
    except (OSError, UnicodeError, csv.Error) as fault:
        raise BadExport(f"{path.name} cannot be read: {fault}.") from fault
    return moved


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        return url


def _key(url: str) -> str:
    """What of an address names a page; "" where it is none."""
    try:
        return url_key(url)
    except NotAPage:
        return ""
