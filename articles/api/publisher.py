"""What a publisher's server calls, with its site's API key."""

from dataclasses import asdict

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from articles import selectors
from articles.api import lines
from articles.api.serializers import (
    EXTERNAL_ID,
    ArticleInput,
    ArticleShape,
    ManyArticlesShape,
    OwnArticleShape,
    RelatedListInput,
    article_json,
    own_article_json,
)
from articles.services import publishing
from comments.api.writing import IDEMPOTENCY_KEY
from common.errors import FieldError
from common.json import LinesParser
from common.views import PrivateView
from outbox.services.idempotency import idempotent
from publishers.authentication import ApiKeyAuthentication, IsPublisherServer
from publishers.states import Scope


class PublisherArticles(PrivateView):
    """`POST /publisher/articles`: up to 500 stories, a line each (NDJSON). Each is stored as by
    its own `PUT`, or refused by its line. Safe to repeat.
    """

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [IsPublisherServer]
    parser_classes = [LinesParser]
    scopes = {"POST": Scope.ARTICLES_WRITE}
    limits = {"POST": "publishing_many"}

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request={"application/x-ndjson": str},
        responses=ManyArticlesShape,
    )
    @idempotent
    def post(self, request: Request) -> Response:
        return Response(asdict(lines.send(request.user.site, enumerate(request.data, 1))))


class PublisherArticle(PrivateView):
    """`PUT /publisher/articles/{external_id}`: create (201) or update (200), and publish again
    what was taken back. `DELETE`: unpublish. Both are safe to repeat. `GET`: the article as its
    publisher sees it; four queries.
    """

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [IsPublisherServer]
    scopes = dict.fromkeys(("GET", "PUT", "DELETE"), Scope.ARTICLES_WRITE)
    limits = {"PUT": "publishing", "DELETE": "publishing"}

    @extend_schema(responses=OwnArticleShape)
    def get(self, request: Request, external_id: str) -> Response:
        article = publishing.article_of(site=request.user.site, external_id=external_id)
        return Response(own_article_json(selectors.with_pages(article)))

    @extend_schema(request=ArticleInput, responses={200: ArticleShape, 201: ArticleShape})
    def put(self, request: Request, external_id: str) -> Response:
        if not EXTERNAL_ID.fullmatch(external_id):
            detail = str(_("An external id is 1 to 200 of A–Z a–z 0–9 . _ ~ -"))
            raise publishing.ArticleRefused(errors=(FieldError("/external_id", "bad_id", detail),))
        story = ArticleInput(data=request.data, context={"external_id": external_id})
        story.is_valid(raise_exception=True)
        article, created = publishing.put(
            site=request.user.site, external_id=external_id, story=story.validated_data
        )
        return Response(
            article_json(selectors.article(article.pk)),
            status=HTTP_201_CREATED if created else HTTP_200_OK,
            headers={"Location": f"/api/v1/articles/{article.pk}"},
        )

    @extend_schema(responses={204: None})
    def delete(self, request: Request, external_id: str) -> Response:
        article = publishing.article_of(site=request.user.site, external_id=external_id)
        publishing.unpublish(article=article)
        return Response(status=HTTP_204_NO_CONTENT)


class PublisherRelated(PrivateView):
    """`PUT /publisher/articles/{external_id}/related`: an edition's related links, in order."""

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [IsPublisherServer]
    scopes = {"PUT": Scope.RELATED_WRITE}
    limits = {"PUT": "publishing"}

    @extend_schema(request=RelatedListInput, responses={204: None})
    def put(self, request: Request, external_id: str) -> Response:
        wanted = RelatedListInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        edition = publishing.edition_of(
            site=request.user.site,
            external_id=external_id,
            locale=wanted.validated_data["edition"],
        )
        publishing.relate(edition=edition, links=wanted.validated_data["related"])
        return Response(status=HTTP_204_NO_CONTENT)
