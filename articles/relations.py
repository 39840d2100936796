"""Reads about what goes with what: related articles, and where readers talk. Each says how many
queries it makes.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.http import Http404

from articles import ranking
from articles.models import Edition, LinkClicks, PageAddress, RelatedLink, Suggestion
from articles.states import PickedBy
from articles.urlkeys import NotAPage, url_key
from comments.states import ThreadState
from common import clock

#: Suggestions fill a list up to so many; editors may pick more.
FILLED_UP_TO = 8
MOST_TRENDING = 20
#: What a list says of an edition, its article and its thread.
LISTED: tuple[str, ...] = (
    *("locale", "url", "url_key", "title", "standfirst", "position"),
    *("article__site", "article__external_id", "article__unpublished_at"),
    *("article__published_at", "article__created_at"),
    *("thread__state", "thread__comment_count"),
)


@dataclass(frozen=True)
class Related:
    """A related article as a page lists it; `edition` is there if it is one of the site's own."""

    title: str
    text: str
    url: str
    picked_by: PickedBy
    edition: Edition | None
    shared: list[str] = field(default_factory=list)

    @property
    def comment_count(self) -> int | None:
        """None for a page elsewhere, and where the thread is not shown."""
        thread = self.edition.thread if self.edition else None
        return thread.comment_count if thread and thread.state != ThreadState.OFF else None


def related(article_id: UUID, *, locale: str) -> list[Related]:
    """What goes with an article's edition, each with its live count: what editors picked, in their
    order; then what was found, up to `FILLED_UP_TO` in all. Of the site's own articles only those
    that are published and have an edition in this locale, by that edition's address.

    Raises Http404. Six queries.
    """
    edition = read_edition(article_id, locale=locale)
    picks = _picked(edition)
    besides = {each.edition.article_id for each in picks if each.edition}
    return picks + _suggested(edition, besides)[: max(FILLED_UP_TO - len(picks), 0)]


def read_edition(article_id: UUID, *, locale: str) -> Edition:
    """The edition being read. Raises Http404. One query."""
    rows = Edition.objects.published().filter(article=article_id, locale=locale)
    edition = rows.select_related("article").first()
    if edition is None:
        raise Http404
    return edition


def trending(site_id: UUID, *, locale: str) -> list[Edition]:
    """The editions of a locale whose threads are liveliest, the first first, at most
    `MOST_TRENDING`; each with its thread and `talk`. One query.
    """
    rows = Edition.objects.published().discussed().filter(thread__talk__site=site_id, locale=locale)
    listed = rows.select_related("article", "thread__talk").only(*LISTED, "thread__talk")
    return list(listed.order_by("-thread__talk__heat", "pk")[:MOST_TRENDING])


def _picked(edition: Edition) -> list[Related]:
    """What editors picked. Three queries."""
    links = list(edition.related_links.all())
    own = _own(edition, links)
    return [each for link in links if (each := _pick(link, edition, own)) is not None]


def _own(edition: Edition, links: Collection[RelatedLink]) -> dict[str, Edition | None]:
    """Which articles of the site links lead to, by external id and by the key of any address that
    leads there: the edition in the reader's locale, None where there is none to be shown. Two
    queries.
    """
    ids = [link.external_id for link in links if link.external_id]
    keys = [key for link in links if (key := _key_or_none(link.url))]
    site = edition.article.site_id
    found = PageAddress.objects.filter(url_key__in=keys, edition__article__site=site)
    moved = dict(found.values_list("url_key", "edition__article"))
    of_site = Edition.objects.filter(article__site=site).order_by()
    by_id = of_site.filter(article__external_id__in=ids).values("article")
    by_key = of_site.filter(url_key__in=keys).values("article")
    by_old_key = of_site.filter(article__in=moved.values()).values("article")
    rows = Edition.objects.filter(article__in=by_id.union(by_key, by_old_key, all=True))
    listed = list(rows.select_related("article", "thread").only(*LISTED).order_by())
    shown = {
        each.article_id: each
        for each in listed
        if each.locale == edition.locale and each.article.is_published
    }
    names = {(each.url_key, each.article_id) for each in listed} | set(moved.items())
    names |= {(each.article.external_id, each.article_id) for each in listed}
    return {name: shown.get(article_id) for name, article_id in names}


def _pick(link: RelatedLink, edition: Edition, own: dict[str, Edition | None]) -> Related | None:
    """What a link shows. None for an article that has not arrived, is unpublished, has no edition
    in the reader's locale, or is this one.
    """
    name = link.external_id or _key_or_none(link.url) or ""
    target = own.get(name)
    is_elsewhere = not link.external_id and name not in own
    if not is_elsewhere and (target is None or target.article_id == edition.article_id):
        return None
    return Related(
        title=link.title or (target.title if target else ""),
        text=link.text or (target.standfirst if target else ""),
        url=target.url if target else link.url,
        picked_by=PickedBy.EDITOR,
        edition=target,
    )


def _suggested(edition: Edition, besides: Collection[UUID]) -> list[Related]:
    """What was found, the weightiest first. Two queries."""
    rows = Suggestion.objects.filter(edition=edition, target__article__unpublished_at=None)
    rows = rows.exclude(target__article__in=besides)
    names = [f"target__{name}" for name in (*LISTED, "thread__talk")]
    listed = rows.select_related("target__article", "target__thread__talk")
    clicks = _clicks(edition)
    return [
        Related(
            title=row.target.title,
            text=row.target.standfirst,
            url=row.target.url,
            picked_by=PickedBy.LIKENESS if row.likeness else PickedBy.NEWEST,
            edition=row.target,
            shared=row.shared,
        )
        for row in _by_weight(listed.only("likeness", "shared", *names), clicks)
    ]


def _by_weight(rows: Iterable[Suggestion], clicks: dict[UUID, float]) -> list[Suggestion]:
    now = clock.now()

    def weight(row: Suggestion) -> tuple[float, UUID]:
        article, thread = row.target.article, row.target.thread
        weighed = ranking.weight(
            likeness=row.likeness,
            age=now - (article.published_at or article.created_at),
            heat=thread.talk.heat if hasattr(thread, "talk") else 0.0,
            clicks=clicks.get(row.target_id, 0.0),
        )
        return weighed, row.target_id  # of two alike, the one that came later

    return sorted(rows, key=weight, reverse=True)


def _clicks(edition: Edition) -> dict[UUID, float]:
    """By target, what is left of the clicks on an edition's links. One query."""
    now = clock.now()
    return {
        each.target_id: ranking.cooled(each.clicks, now - each.at)
        for each in LinkClicks.objects.filter(edition=edition)
    }


def _key_or_none(url: str) -> str | None:
    try:
        return url_key(url)
    except NotAPage:
        return None
