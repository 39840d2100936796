"""Our own account page: who is signed in here, and where to from here."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import staff
from accounts.models import Avatar, User
from accounts.services import inviting, placeholders
from common import limits
from common.errors import Refusal
from common.permissions import public
from common.retrying import retried
from common.views import NO_PAGE
from publishers.services import staffing


@login_required
def account_home(request: HttpRequest) -> HttpResponse:
    """`/accounts/`: where signing in ends when nothing else was asked for."""
    context = {
        "is_member": staff.is_member(request.user),
        "is_operator": staff.is_operator(request.user),
        "has_earlier": placeholders.claimable_by(cast(User, request.user)).exists(),
    }
    return render(request, "signin/home.html", context)


account_home.permission = "signed in"  # type: ignore[attr-defined]  # a mark on a function


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def staff_invitation(request: HttpRequest, text: str) -> HttpResponse:
    """`/accounts/invitations/{token}`: what an invitation's mail leads to; POST takes it up.

    It is taken up by whoever is signed in with the address it was sent to, and by nobody else. The
    desk, where it leads, asks for the second factor.
    """
    invitation = staffing.invitation_by(text)
    is_theirs = (
        invitation is not None
        and request.user.is_authenticated
        and inviting.is_for(invitation, request.user)
    )
    refusal: Refusal | None = None if invitation else inviting.InvitationOver()
    if request.method == "POST" and request.user.is_authenticated:
        try:
            limits.check(request, "staff")
            retried(inviting.accept)(text, user=request.user)
            return redirect("/moderation/")
        except Refusal as fault:
            refusal = fault
    answer = render(
        request,
        "signin/invitation.html",
        {"invitation": invitation, "is_theirs": is_theirs, "refusal": refusal},
        status=refusal.status if refusal else 200,
    )
    answer["Referrer-Policy"] = "same-origin"  # the address is half a key
    return answer


@public
@require_safe
def avatar(request: HttpRequest, digest: str) -> HttpResponse:
    """`/avatars/<digest>.webp`: a picture, the same for everybody and for ever. One query."""
    content = Avatar.objects.filter(pk=digest).values_list("content", flat=True).first()
    if content is None:
        raise Http404
    answer = HttpResponse(bytes(content), content_type="image/webp", headers=OF_PICTURES)
    answer.is_public_read = True  # type: ignore[attr-defined]  # for middleware, which sees no view
    return answer


#: A picture is shown on publishers' pages, whatever those forbid themselves; it is no page itself.
OF_PICTURES = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": NO_PAGE,
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}


@public
def no_phones(request: HttpRequest) -> HttpResponse:
    """allauth has calls for telephone numbers, and stumbles over who asks without signing in."""
    raise Http404


@public
def no_such_page(request: HttpRequest) -> HttpResponse:
    """For addresses of allauth's that we do not offer."""
    raise Http404
