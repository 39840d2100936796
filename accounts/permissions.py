"""Where a reader may act: a reader token opens one site. Views take their actor from here."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from rest_framework.request import Request

from accounts.faces import face_of
from accounts.models import Token, User
from accounts.states import Barrier
from common.errors import FieldError, Refusal
from publishers.models import Site


class MayNotComment(Refusal):
    """The publisher says no, and `errors` says why."""

    code: ClassVar[str] = "may_not_comment"
    status: ClassVar[int] = 403

    def __init__(self, barrier: str) -> None:
        known = barrier if barrier in Barrier.values else Barrier.PUBLISHER
        sentence = str(Barrier(known).label)
        super().__init__(sentence, errors=(FieldError("", barrier, sentence),))


def reader_on(request: Request, site: Site | UUID) -> User:
    """Who acts in this request on `site` (or its id): every write on a site takes its actor here.

    Raises Http404 where the request carries a reader token of another site: to that token, what is
    not on its own site is not there. App tokens and first-party sessions are of the account and
    serve on every site. No query.
    """
    site_id = site.pk if isinstance(site, Site) else site
    if not opens(request, site_id):
        raise Http404
    return request.user


def commenter_on(request: Request, site: Site | UUID) -> User:
    """The same for who is about to comment. Raises MayNotComment where the site, by its publisher,
    lets this reader not. No query.
    """
    reader = reader_on(request, site)
    if isinstance(request.auth, Token) and request.auth.barrier:
        raise MayNotComment(request.auth.barrier)
    return reader


def face_on(request: Request, site_id: UUID) -> dict[str, Any]:
    """What everybody sees of who acts in this request (for `faces.face_from`). One query; none
    while a reader token is remembered that was asked this before.
    """
    token = request.auth
    if not isinstance(token, Token) or token.site_id is None:
        return face_of(request.user, site_id)
    if token.face is None:
        token.face = face_of(request.user, token.site_id)
    return token.face


def opens(request: Request, site_id: UUID) -> bool:
    """Whether what this request signs in with is good for a site. No query."""
    token = request.auth
    return not isinstance(token, Token) or token.site_id in {None, site_id}


def confined_to(request: Request) -> UUID | None:
    """The one site this request may hear of, or None where it is of the whole account."""
    token = request.auth
    return token.site_id if isinstance(token, Token) else None
