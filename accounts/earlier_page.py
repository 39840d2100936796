"""`/accounts/earlier/`: comments that came from elsewhere, written with an address of one's own."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.services import placeholders
from common.errors import Refusal


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def earlier_comments(request: HttpRequest) -> HttpResponse:
    """The names they were written under; POST `claim` takes one over."""
    user = cast(User, request.user)
    fault: Refusal | None = None
    if request.method == "POST":
        try:
            placeholders.claim(_id(request.POST.get("claim", "")), by=user)
        except Refusal as refusal:
            fault = refusal
        else:
            messages.success(request, _("They are yours. Your name will stand above them shortly."))
            return redirect(request.path)
    context = {"found": list(placeholders.claimable_by(user)), "fault": fault}
    return render(request, "signin/earlier.html", context, status=fault.status if fault else 200)


earlier_comments.permission = "signed in"  # type: ignore[attr-defined]  # a mark on a function


def _id(text: str) -> UUID:
    """An id from a form of ours; nobody's where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
