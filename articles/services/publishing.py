"""What a publisher's server sends becomes article, editions, related links and threads."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from articles.models import Article, Edition, RelatedLink
from articles.states import CommentsSwitch
from articles.urlkeys import url_key
from comments.models import Thread
from comments.services import counting
from common.errors import FieldError, InvalidInput, Refusal
from publishers.models import Site

#: Fields of the story that are stored as they come.
STORY = (
    "authors",
    "topics",
    "published_at",
    "modified_at",
    "ai_generated",
    "disclosure",
    "sources",
    "comments",
)
TEXTS = ("url", "title", "standfirst", "sections", "insight")


class ArticleRefused(InvalidInput):
    """The publisher's article cannot be stored as it is."""


class UnknownEdition(Refusal):
    code: ClassVar[str] = "edition_unknown"
    status: ClassVar[int] = 404
    detail = _("This article has no such edition.")


@transaction.atomic
def put(*, site: Site, external_id: str, story: dict[str, Any]) -> tuple[Article, bool]:
    """Create or update an article with its editions, and open its threads, all or nothing.

    `story` is a checked body of `PUT /publisher/articles/{external_id}`. Editions that are left
    out go (their threads and comments are kept); related links that are left out stay. The same
    body again changes nothing. Gives the article and whether it is new. Raises ArticleRefused
    with the fields at fault.
    """
    _check_addresses(site, external_id, story["editions"])
    article, created = Article.objects.select_for_update(of=("self",)).get_or_create(
        site=site,
        external_id=external_id,
        defaults={"split_threads": story["split_threads"]},
    )
    if article.split_threads != story["split_threads"]:
        raise _refused(
            "/split_threads",
            "split_threads_fixed",
            _("Whether editions share a thread is decided when the article first comes."),
        )
    for name in STORY:
        setattr(article, name, story[name])
    article.save()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS one_page_one_edition DEFERRED")
            _put_editions(article, story["editions"])
            cursor.execute("SET CONSTRAINTS one_page_one_edition IMMEDIATE")
    except IntegrityError:  # another article took an address since we looked
        _check_addresses(site, external_id, story["editions"])
        raise
    _tell_threads(article)
    return article, created


@transaction.atomic
def switch(*, article: Article, to: CommentsSwitch) -> None:
    """Open, close or hide an article's conversations by hand. The publisher's next `PUT` sets
    what it says.
    """
    article.comments = to
    article.save(update_fields=["comments", "updated_at"])
    _tell_threads(article)


@transaction.atomic
def relate(*, edition: Edition, links: list[dict[str, Any]]) -> None:
    """Make `links` the edition's related links, in this order. Locks the edition: of two at once
    the later wins.
    """
    Edition.objects.select_for_update(no_key=True).get(pk=edition.pk)
    edition.related_links.all().delete()
    RelatedLink.objects.bulk_create(
        RelatedLink(edition=edition, position=position, **link)
        for position, link in enumerate(links)
    )


def edition_of(*, site: Site, external_id: str, locale: str) -> Edition:
    """The edition a publisher names. Raises UnknownEdition. One query."""
    edition = Edition.objects.filter(
        article__site=site, article__external_id=external_id, locale=locale
    ).first()
    if edition is None:
        raise UnknownEdition
    return edition


def _tell_threads(article: Article) -> None:
    """Open or close them as the article says. Their version moves: what is said of them is said
    together with the article's titles.
    """
    threads = Thread.objects.filter(editions__article=article)
    state = CommentsSwitch(article.comments).thread_state
    threads.exclude(state=state).update(state=state)
    counting.touch(*threads.order_by("pk").values_list("pk", flat=True).distinct())


def _put_editions(article: Article, editions: list[dict[str, Any]]) -> None:
    known = {edition.locale: edition for edition in article.editions.select_related("thread")}
    shared = next(iter(known.values())).thread if known else None
    gone = set(known) - {each["locale"] for each in editions}
    article.editions.filter(locale__in=gone).delete()
    for position, texts in enumerate(editions):
        edition = known.get(texts["locale"])
        if edition is None:
            if shared is None or article.split_threads:
                shared = Thread.objects.create(site_id=article.site_id)
            edition = Edition(article=article, locale=texts["locale"], thread=shared)
        for name in TEXTS:
            setattr(edition, name, texts[name])
        edition.position = position
        edition.url_key = url_key(texts["url"])
        edition.save()
        if texts.get("related") is not None:
            relate(edition=edition, links=texts["related"])


def _check_addresses(site: Site, external_id: str, editions: list[dict[str, Any]]) -> None:
    """Pages of a site stand on its registered origins, and one address is one page."""
    hosts = {urlsplit(row.origin).netloc for row in site.origins.all()}
    for position, texts in enumerate(editions):
        if urlsplit(texts["url"]).netloc.lower() not in hosts:
            raise _refused(
                f"/editions/{position}/url",
                "origin_not_registered",
                _("This address is not on one of the site's registered origins."),
            )
        others = Edition.objects.at(texts["url"])
        if others.exclude(article__site=site, article__external_id=external_id).exists():
            raise _taken(position)


def _taken(position: int) -> ArticleRefused:
    sentence = _("Another article already has this address.")
    return _refused(f"/editions/{position}/url", "url_taken", sentence)


def _refused(pointer: str, code: str, detail: Any) -> ArticleRefused:
    return ArticleRefused(errors=(FieldError(pointer, code, str(detail)),))
