"""What goes with what, for everybody: related articles, clicks on them, what is trending."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_204_NO_CONTENT

from articles import relations
from articles.api.serializers import EditionBrief
from articles.models import Edition
from articles.relations import Related
from articles.services import following
from articles.states import PickedBy
from comments.api.reading import EDITION
from comments.api.writing import read_ids
from common.callers import client_address
from common.errors import FieldError, InvalidInput
from common.permissions import Anyone
from common.serializers import Locale, StrictSerializer
from common.views import PrivateView, PublicView, Query, Read, keyed


class RelatedShape(serializers.Serializer[Any]):
    """`picked_by` and `shared_terms` say why it is here."""

    title = serializers.CharField()
    text = serializers.CharField()
    url = serializers.URLField()
    article = serializers.UUIDField(allow_null=True)
    external_id = serializers.CharField(allow_null=True)
    thread = serializers.UUIDField(allow_null=True)
    comment_count = serializers.IntegerField(allow_null=True)
    picked_by = serializers.ChoiceField(choices=PickedBy.choices)
    shared_terms = serializers.ListField(child=serializers.CharField())


class RelatedListShape(serializers.Serializer[Any]):
    results = RelatedShape(many=True)


class ClickInput(StrictSerializer):
    """Which link was followed: on the page of which edition, to which article."""

    edition = Locale()
    article = serializers.UUIDField()


class TrendingShape(EditionBrief):
    standfirst = serializers.CharField()
    external_id = serializers.CharField()
    thread = serializers.UUIDField()
    comment_count = serializers.IntegerField()
    recent_comment_count = serializers.IntegerField(help_text="Comments of the last two days.")


class TrendingListShape(serializers.Serializer[Any]):
    results = TrendingShape(many=True)


class RelatedList(PublicView):
    """`GET /articles/{id}/related?edition=`: what goes with the edition being read: what editors
    picked, then what was found. Six queries.
    """

    permission_classes = [Anyone]
    asks = frozenset({"edition"})

    @extend_schema(parameters=[EDITION], responses=RelatedListShape)
    def get(self, query: Query, article_id: UUID) -> Read:
        rows = relations.related(article_id, locale=_locale(query))
        threads = [f"thread-{row.edition.thread_id}" for row in rows if row.edition]
        body = {"results": [related_json(row) for row in rows]}
        return keyed(body, f"article-{article_id}", *threads)


class RelatedClicks(PrivateView):
    """`POST /articles/{id}/related/clicks`: a reader followed a suggestion. Nobody asks who it was:
    no account, no cookie; an address counts once. 204, also for what is not counted. Three queries.
    """

    authentication_classes = []
    permission_classes = [Anyone]
    limits = {"POST": "clicking"}

    @extend_schema(request=ClickInput, responses={204: None})
    def post(self, request: Request, article_id: UUID) -> Response:
        click = ClickInput.read(request.data)
        following.follow(
            edition=relations.read_edition(article_id, locale=click["edition"]),
            article_id=click["article"],
            address=client_address(request),
        )
        return Response(status=HTTP_204_NO_CONTENT)


class TrendingList(PublicView):
    """`GET /articles/trending?site=&edition=`: where readers talk at the moment, the liveliest
    first. One query.
    """

    permission_classes = [Anyone]
    asks = frozenset({"site", "edition"})

    @extend_schema(
        parameters=[OpenApiParameter("site", UUID, required=True), EDITION],
        responses=TrendingListShape,
    )
    def get(self, query: Query) -> Read:
        site = query.get("site", "")
        if not site:
            detail = str(_("Say of which site."))
            raise InvalidInput(errors=(FieldError("site", "required", detail),))
        site_id = read_ids(site, pointer="site", most=1)[0]
        rows = relations.trending(site_id, locale=_locale(query))
        threads = [f"thread-{row.thread_id}" for row in rows]
        return keyed({"results": [trending_json(row) for row in rows]}, f"site-{site_id}", *threads)


def related_json(related: Related) -> dict[str, Any]:
    edition = related.edition
    return {
        "title": related.title,
        "text": related.text,
        "url": related.url,
        "article": edition.article_id if edition else None,
        "external_id": edition.article.external_id if edition else None,
        "thread": edition.thread_id if edition else None,
        "comment_count": related.comment_count,
        "picked_by": related.picked_by,
        "shared_terms": related.shared,
    }


def trending_json(edition: Edition) -> dict[str, Any]:
    return {
        "article": edition.article_id,
        "locale": edition.locale,
        "url": edition.url,
        "title": edition.title,
        "standfirst": edition.standfirst,
        "external_id": edition.article.external_id,
        "thread": edition.thread_id,
        "comment_count": edition.thread.comment_count,
        "recent_comment_count": edition.thread.talk.comment_count,
    }


def _locale(query: Query) -> str:
    locale = query.get("edition")
    if not locale:
        detail = str(_("Say which edition is being read."))
        raise InvalidInput(errors=(FieldError("edition", "required", detail),))
    return locale
