"""What a publisher's server calls, with its site's API key."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from articles.api.serializers import (
    EXTERNAL_ID,
    ArticleInput,
    ArticleShape,
    RelatedListInput,
    article_json,
)
from articles.selectors import article as read_article
from articles.services import publishing
from common.errors import FieldError
from common.views import PrivateView
from publishers.authentication import ApiKeyAuthentication, IsPublisherServer
from publishers.states import Scope


class PublisherArticle(PrivateView):
    """`PUT /publisher/articles/{external_id}`: create (201) or update (200). Safe to repeat."""

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [IsPublisherServer]
    scopes = {"PUT": Scope.ARTICLES_WRITE}
    limits = {"PUT": "publishing"}

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
            article_json(read_article(article.pk)),
            status=HTTP_201_CREATED if created else HTTP_200_OK,
            headers={"Location": f"/api/v1/articles/{article.pk}"},
        )


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
