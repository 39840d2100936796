"""What everybody reads about articles: lookup, counts, the article, what is related to it."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema

from articles import selectors
from articles.api.serializers import (
    ArticleShape,
    CountListShape,
    LookupShape,
    article_json,
    edition_brief_json,
)
from articles.models import Edition
from comments.api.reading import SORT, comment_page
from comments.api.serializers import page_json, thread_json
from comments.api.writing import read_ids
from comments.models import Thread
from comments.selectors import stamp, thread_head
from common.cursors import read_limit
from common.errors import FieldError, InvalidInput
from common.permissions import Anyone
from common.views import PublicView, Query, Read, keyed

MOST_URLS = 25
#: A count is folded half a second after what it counts: so both together are within one.
COUNTS_FRESH_SECONDS = 0.4


class ThreadLookup(PublicView):
    """`GET /threads/lookup`: the thread of a page, with its first comments when asked.

    By `url`, or by `site` and `external_id`. Three queries, four with comments. Never creates.
    """

    permission_classes = [Anyone]
    asks = frozenset({"url", "site", "external_id", "edition", "comments", "sort"})

    @extend_schema(
        parameters=[
            OpenApiParameter("url", str, description="The page's address, however spelt."),
            OpenApiParameter("site", UUID),
            OpenApiParameter("external_id", str),
            OpenApiParameter("edition", str, description="With `external_id`: the locale."),
            OpenApiParameter("comments", int, description="How many comments to bring along."),
            SORT,
        ],
        responses=LookupShape,
    )
    def get(self, query: Query) -> Read:
        edition = _edition(query)
        head = thread_head(edition.thread_id)
        body = {
            "thread": thread_json(head, edition=edition.locale),
            "edition": edition_brief_json(edition),
        }
        if "comments" in query:
            read_limit(query["comments"])
            page = {"limit": query["comments"], "sort": query.get("sort")}
            body["comments"] = page_json(comment_page(edition.thread_id, page))
        keys = f"thread-{edition.thread_id}", f"article-{edition.article_id}"
        return keyed(body, *keys, stamp=stamp(edition.thread_id, head.version))


class CountList(PublicView):
    """`GET /counts`: comment counts of up to 100 threads, or 25 pages, in the order asked. What is
    not there, or not shown, is left out. One query.
    """

    permission_classes = [Anyone]
    asks = frozenset({"thread", "url"})

    @extend_schema(
        parameters=[
            OpenApiParameter("thread", str, many=True, description="Ids; repeat, or by comma."),
            OpenApiParameter("url", str, many=True, description="Addresses; repeat."),
        ],
        responses=CountListShape,
    )
    def get(self, query: Query) -> Read:
        urls = query.getlist("url")
        if len(urls) > MOST_URLS:
            detail = str(_("At most %(most)s at a time.") % {"most": MOST_URLS})
            raise InvalidInput(errors=(FieldError("url", "too_many", detail),))
        ids = read_ids(",".join(query.getlist("thread")), pointer="thread")
        if bool(urls) == bool(ids):
            raise InvalidInput(_("Ask by `thread` or by `url`."))
        found = self._by_url(urls) if urls else self._by_id(ids)
        # They live a second everywhere. A hundred names of threads would be more than many a proxy
        # takes as headers, and nobody would purge by them.
        return keyed({"results": found}, "counts", fresh=COUNTS_FRESH_SECONDS)

    def _by_url(self, urls: list[str]) -> list[dict[str, Any]]:
        threads = selectors.threads_at(urls)
        return [
            _count(thread.pk, thread.comment_count, url)
            for url in dict.fromkeys(urls)
            if (thread := threads.get(url))
        ]

    def _by_id(self, ids: list[UUID]) -> list[dict[str, Any]]:
        rows = Thread.objects.shown().filter(pk__in=ids).values_list("pk", "comment_count")
        counts = dict(rows)
        return [_count(each, counts[each]) for each in dict.fromkeys(ids) if each in counts]


class ArticleDetail(PublicView):
    """`GET /articles/{id}`: an article with its editions. Two queries."""

    permission_classes = [Anyone]

    @extend_schema(responses=ArticleShape)
    def get(self, query: Query, article_id: UUID) -> Read:
        return keyed(article_json(selectors.article(article_id)), f"article-{article_id}")


def _edition(query: Query) -> Edition:
    if url := query.get("url"):
        return selectors.edition_at(url)
    if (site := query.get("site")) and (external_id := query.get("external_id")):
        site_id = read_ids(site, pointer="site", most=1)[0]
        return selectors.edition_named(
            site_id=site_id, external_id=external_id, locale=query.get("edition")
        )
    raise InvalidInput(_("Ask by `url`, or by `site` and `external_id`."))


def _count(thread_id: UUID, count: int, url: str | None = None) -> dict[str, Any]:
    return {"thread": thread_id, "url": url, "comment_count": count}
