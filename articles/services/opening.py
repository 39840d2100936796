"""A reader opens the conversation of a page that its publisher has not sent yet."""

from typing import ClassVar
from urllib.parse import urlsplit
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from articles import selectors
from articles.models import Article, Edition
from articles.urlkeys import url_key
from comments.models import Thread
from common.errors import Refusal
from common.ids import new_id
from publishers.models import Site


class OpeningRefused(Refusal):
    """This reader opens no conversation there."""

    code: ClassVar[str] = "opening_refused"
    status: ClassVar[int] = 403


class NotFromThePage(OpeningRefused):
    code: ClassVar[str] = "origin_not_registered"
    detail = _("A conversation is opened from its own page, on an origin of this site.")


class PublisherOpens(OpeningRefused):
    code: ClassVar[str] = "publisher_opens"
    detail = _("On this site only the publisher opens conversations.")


def site_of(url: str, *, origin: str, site_id: UUID | None) -> Site:
    """The site on whose page at `url` somebody stands whose browser sent `origin`; `site_id`: the
    one they are signed in to, if it is only one. Raises NotFromThePage. One query.
    """
    page = urlsplit(url)
    if not origin or f"{page.scheme}://{page.netloc}".lower() != origin.lower():
        raise NotFromThePage
    sites = Site.objects.with_origin(origin)
    found = sites.filter(pk=site_id) if site_id else sites
    if (first := found.order_by("created_at").first()) is None:
        raise NotFromThePage
    return first


def open_at(url: str, *, site: Site) -> tuple[Edition, bool]:
    """The edition at an address, and whether its thread was opened just now. It waits for its
    publisher under an id of our own, with its address for a title.

    Raises PublisherOpens where the site does not let readers do this; Http404 where the page is
    known and its conversation is not to be shown. Two queries for a page that is known.
    """
    try:
        return selectors.edition_at(url), False
    except Http404:
        if Edition.objects.at(url).exists():
            raise
    if not site.readers_open_threads:
        raise PublisherOpens
    try:
        return _opened(url, site), True
    except IntegrityError:  # somebody was a moment earlier
        return selectors.edition_at(url), False


@transaction.atomic
def _opened(url: str, site: Site) -> Edition:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS one_page_one_edition IMMEDIATE")
    article = Article.objects.create(site=site, external_id=f"page-{new_id()}", by_reader=True)
    return Edition.objects.create(
        article=article,
        thread=Thread.objects.create(site=site),
        locale=site.default_locale,
        url=url,
        url_key=url_key(url),
        title=url[:500],
    )
