"""A reader opens the conversation of the page they are on."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK, HTTP_201_CREATED

from accounts.permissions import commenter_on
from articles.api.serializers import (
    LookupShape,
    OpeningInput,
    edition_brief_json,
)
from articles.services import opening
from comments.api.serializers import thread_json
from comments.api.writing import IDEMPOTENCY_KEY
from comments.selectors import thread_head
from common.permissions import SignedIn
from common.views import PrivateView
from outbox.services.idempotency import idempotent


class ThreadOpening(PrivateView):
    """`POST /threads` `{url}`: the thread of the page a reader is on, made (201) if the site lets
    readers do that, or the one that is there (200). Five queries for one that is there.
    """

    permission_classes = [SignedIn]
    limits = {"POST": "opening"}

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=OpeningInput,
        responses={200: LookupShape, 201: LookupShape},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        url = OpeningInput.read(request.data)["url"]
        token_site = getattr(request.auth, "site_id", None)
        origin = request.headers.get("Origin", "")
        site = opening.site_of(url, origin=origin, site_id=token_site)
        commenter_on(request, site)
        edition, is_new = opening.open_at(url, site=site)
        head = thread_head(edition.thread_id)
        body = {
            "thread": thread_json(head, edition=edition.locale),
            "edition": edition_brief_json(edition),
        }
        return Response(
            body,
            status=HTTP_201_CREATED if is_new else HTTP_200_OK,
            headers={"Location": f"/api/v1/threads/{edition.thread_id}"},
        )
