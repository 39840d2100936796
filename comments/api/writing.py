"""A comment's own addresses: read by everyone, written by its author."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from accounts.authentication import FirstPartySession, RememberedToken
from accounts.permissions import commenter_on, confined_to, face_on, reader_on
from comments import reading, rendering, selectors
from comments.api.reading import CURSOR, FEATURED, LANGUAGE, LIMIT, SORT, comment_page
from comments.api.serializers import (
    CommentPageShape,
    EditInput,
    EntryShape,
    OverlayShape,
    OwnShape,
    PostInput,
    RenderShape,
    VoteInput,
    entry_json,
    overlay_json,
    own_json,
    page_json,
)
from comments.models import Comment, Thread
from comments.selectors import Own
from comments.services import lifecycle, pace, reactions, votes
from comments.states import Status
from common.errors import FieldError, InvalidInput, Refusal
from common.json import dumps
from common.permissions import SignedIn
from common.views import BriefView, PrivateView, PublicView, Query, Read, brief, etag_of, keyed
from outbox.services.idempotency import idempotent

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key and body get the first answer again, for 24 hours.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag this edit started from; 412 if the comment changed meanwhile.",
)


#: How those sign in whom a busy page sends: a token is looked up once in some seconds.
BY_READERS = [RememberedToken, FirstPartySession]
#: An author need not be told why.
CLEAR = (Status.SCREENING, Status.PUBLISHED)


class NotYours(Refusal):
    code = "not_yours"
    status = 403
    detail = _("Only its author may do this.")


class CommentList(PublicView):
    """`GET /threads/{t}/comments`: a page. One query. `POST`: a new comment."""

    authentication_classes = BY_READERS
    permission_classes = [SignedIn]
    limits = {"POST": "posting"}
    asks = frozenset({"sort", "language", "featured", "cursor", "limit"})

    @extend_schema(parameters=[SORT, LANGUAGE, FEATURED, CURSOR, LIMIT], responses=CommentPageShape)
    def get(self, query: Query, thread_id: UUID) -> Read:
        page = comment_page(thread_id, query)
        stamp = selectors.stamp(thread_id, page.version)
        return keyed(page_json(page), f"thread-{thread_id}", stamp=stamp)

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=PostInput, responses={201: OwnShape})
    @idempotent
    def post(self, request: Request, thread_id: UUID) -> Response:
        thread = selectors.thread_to_write_in(thread_id)
        author = commenter_on(request, thread.site_id)
        wanted = PostInput.read(request.data)
        parent = _parent(thread, wanted.get("parent"))
        body, edition = wanted["body"], wanted.get("edition", "")
        draft: Any = {"author": author, "thread": thread, "body": body, "parent": parent}
        try:
            with pace.turn(author=author, thread=thread):
                comment = lifecycle.post(**draft, edition=edition)
        except pace.SlowMode:
            repeated = lifecycle.posted_just_now(**draft)
            if repeated is None:
                raise
            comment = repeated  # a double click is not told to wait
        address = f"{request.path}/{comment.pk}"
        return Response(
            _as_own(request, comment),
            status=HTTP_201_CREATED,
            headers={"Location": address, "ETag": revision_tag(comment)},
        )


class CommentDetail(PublicView):
    """`GET …/{c}`: one comment. `PATCH`: its author edits it. `DELETE`: its author withdraws it."""

    authentication_classes = BY_READERS
    permission_classes = [SignedIn]
    limits = {"PATCH": "editing", "DELETE": "editing"}

    @extend_schema(responses=EntryShape)
    def get(self, query: Query, thread_id: UUID, comment_id: UUID) -> Read:
        version, entry = reading.entry(thread_id, comment_id)
        stamp = selectors.stamp(thread_id, version)
        return keyed(entry_json(entry), f"thread-{thread_id}", stamp=stamp)

    @extend_schema(parameters=[IF_MATCH], request=EditInput, responses=OwnShape)
    def patch(self, request: Request, thread_id: UUID, comment_id: UUID) -> Response:
        comment = _own(request, thread_id, comment_id)
        body = EditInput.read(request.data)["body"]
        comment = lifecycle.edit(
            comment.pk,
            author=request.user,
            body=body,
            touched_at=_matched(request, comment),
        )
        return Response(_as_own(request, comment), headers={"ETag": revision_tag(comment)})

    @extend_schema(responses={204: None})
    def delete(self, request: Request, thread_id: UUID, comment_id: UUID) -> Response:
        comment = _own(request, thread_id, comment_id)
        lifecycle.withdraw(comment.pk, author=request.user)
        return Response(status=HTTP_204_NO_CONTENT)


class CommentVote(BriefView):
    """`PUT …/{c}/vote`: the reader's one vote; 0 takes it back."""

    authentication_classes = BY_READERS
    permission_classes = [SignedIn]
    limits = {"PUT": "voting"}

    @extend_schema(request=VoteInput, responses=VoteInput)
    def put(self, request: Request, thread_id: UUID, comment_id: UUID) -> HttpResponse:
        value = VoteInput.read(request.data)["value"]
        votes.cast(
            thread_id=thread_id,
            comment_id=comment_id,
            reader=request.user,
            value=value,
            site_id=confined_to(request),
        )
        return brief({"value": value})


class CommentReaction(BriefView):
    """`PUT …/{c}/reactions/{kind}`: the reader reacts so. `DELETE`: no longer. Both may repeat."""

    authentication_classes = BY_READERS
    permission_classes = [SignedIn]
    limits = {"PUT": "voting", "DELETE": "voting"}

    @extend_schema(request=None, responses={204: None})
    def put(self, request: Request, thread_id: UUID, comment_id: UUID, kind: str) -> HttpResponse:
        reactions.react(
            thread_id=thread_id,
            comment_id=comment_id,
            reader=request.user,
            kind=kind,
            site_id=confined_to(request),
        )
        return brief()

    @extend_schema(responses={204: None})
    def delete(
        self, request: Request, thread_id: UUID, comment_id: UUID, kind: str
    ) -> HttpResponse:
        reactions.take_back(
            thread_id=thread_id,
            comment_id=comment_id,
            reader=request.user,
            kind=kind,
            site_id=confined_to(request),
        )
        return brief()


class Render(PrivateView):
    """`POST /render`: the HTML that a post with this text would get. Stores nothing."""

    permission_classes = [SignedIn]
    limits = {"POST": "previewing"}

    @extend_schema(request=EditInput, responses=RenderShape)
    def post(self, request: Request) -> Response:
        body = EditInput.read(request.data)["body"]
        return Response({"body_html": rendering.to_html(rendering.clean(body))})


class MyThread(PrivateView):
    """`GET /me/threads/{t}`: what belongs to the reader in this thread. Four queries."""

    permission_classes = [SignedIn]

    @extend_schema(
        parameters=[OpenApiParameter("comments", str, description="Up to 100 ids, by comma.")],
        responses=OverlayShape,
    )
    def get(self, request: Request, thread_id: UUID) -> Response:
        thread = selectors.thread_shown(thread_id, with_site=True)
        reader = reader_on(request, thread.site_id)
        ids = read_ids(request.query_params.get("comments", ""), pointer="comments")
        overlay = selectors.overlay(reader=reader, thread=thread, comment_ids=ids)
        return Response(overlay_json(overlay))


def read_ids(text: str, *, pointer: str, most: int = 100) -> list[UUID]:
    """Ids as a client lists them, by comma. Refuses what is no id, or too many."""
    parts = [part for part in text.split(",") if part]
    if len(parts) > most:
        detail = _("At most %(most)s at a time.") % {"most": most}
        raise InvalidInput(errors=(FieldError(pointer, "too_many", str(detail)),))
    try:
        return [UUID(part) for part in parts]
    except ValueError as fault:
        error = FieldError(pointer, "invalid", str(_("This is not an id.")))
        raise InvalidInput(errors=(error,)) from fault


def comment_for(request: Request, thread_id: UUID, comment_id: UUID) -> Comment:
    """A comment the asker may read, on a site their token is for. One query. Raises Http404."""
    rows = Comment.objects.visible_to(request.user).filter(thread__in=Thread.objects.shown())
    comment = get_object_or_404(rows.select_related("thread"), thread=thread_id, pk=comment_id)
    reader_on(request, comment.thread.site_id)
    return comment


def revision_tag(comment: Comment) -> str:
    """The ETag of a comment's newest text."""
    return etag_of(f"{comment.pk} {comment.touched_at.isoformat()}".encode())


def _own(request: Request, thread_id: UUID, comment_id: UUID) -> Comment:
    comment = comment_for(request, thread_id, comment_id)
    if comment.author_id != request.user.pk:
        raise NotYours
    return comment


def _parent(thread: Thread, parent_id: UUID | None) -> Comment | None:
    if parent_id is None:
        return None
    rows = thread.comments.shown().select_related("parent")
    parent = rows.filter(pk=parent_id).first()
    if parent is None:  # most likely it was there a moment ago
        raise lifecycle.ParentGone
    return parent


def _matched(request: Request, comment: Comment) -> datetime | None:
    """When the text was written that `If-Match` names, by the ETag of a write or of the public
    read; None if it names none. Raises ChangedMeanwhile.
    """
    asked = {tag.strip() for tag in request.headers.get("If-Match", "*").split(",")}
    if "*" in asked:
        return None
    known = {revision_tag(comment)}
    if comment.is_published and not known & asked:
        _version, entry = reading.entry(comment.thread_id, comment.pk)
        known.add(etag_of(dumps(entry_json(entry))))
    if not known & asked:
        raise lifecycle.ChangedMeanwhile
    return comment.touched_at


def _as_own(request: Request, comment: Comment) -> dict[str, object]:
    """A comment as its author sees it. No query where nothing happened since it was posted, there
    is nothing to explain and the author is remembered; one else.
    """
    is_fresh = comment.touched_at == comment.created_at and comment.status in CLEAR
    if is_fresh and comment.answers_id is None:
        seen: Any = comment
        seen.face = face_on(request, comment.thread.site_id)
        return own_json(Own(comment, body=comment.body))
    return own_json(selectors.own_comment(comment.pk))
