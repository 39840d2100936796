"""`/accounts/profile/`: what everybody sees of an account, and whom it does not want to read."""

from typing import cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import selectors
from accounts.faces import avatar_url, page_url
from accounts.forms import NameField
from accounts.models import User
from accounts.services import avatars, mutes, profile
from common.errors import Refusal


class ProfileForm(forms.Form):
    """Name, language, and whether comments may be read in one place."""

    name = NameField(required=True)
    locale = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    public_page = forms.BooleanField(
        label=gettext_lazy("A public page with all my published comments"), required=False
    )

    def __init__(self, user: User, sent: QueryDict | None) -> None:
        now = {"name": user.name, "locale": user.locale, "public_page": user.public_page}
        super().__init__(sent, initial=now)
        name = self.fields["name"]
        assert isinstance(name, NameField)
        name.by = user


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own_profile(request: HttpRequest) -> HttpResponse:
    """POST `action` says what is sent: `save`, `picture`, `no_picture`, or `unmute <id>`."""
    user = cast(User, request.user)
    form = ProfileForm(user, request.POST if request.POST.get("action") == "save" else None)
    fault: Refusal | None = None
    if request.method == "POST":
        try:
            if said := _act(request, user, form):
                messages.success(request, said)
                return redirect(request.path)
        except Refusal as refusal:
            fault = refusal
    context = {
        "form": form,
        "fault": fault,
        "avatar_url": avatar_url(user.avatar_id),
        "page_url": page_url(user.pk) if user.public_page else None,
        "name_locked_until": selectors.name_locked_until(user),
        "muted": list(selectors.muted_by(user)),
    }
    return render(request, "signin/profile.html", context, status=fault.status if fault else 200)


own_profile.permission = "signed in"  # type: ignore[attr-defined]  # a mark on a function


def _act(request: HttpRequest, user: User, form: ProfileForm) -> str:
    """Do what was asked, and say so; "" where the form has faults. Raises Refusal."""
    action, _space, who = request.POST.get("action", "").partition(" ")
    match action:
        case "save":
            if not form.is_valid():
                return ""
            profile.change(user, **form.cleaned_data)
            return _("Your profile is saved.")
        case "picture":
            sent = request.FILES.get("picture")
            avatars.put_on(user, sent.read(avatars.ENOUGH) if sent else b"")
            return _("Your picture is set.")
        case "no_picture":
            avatars.take_off(user)
            return _("Your picture is gone.")
        case "unmute":
            mutes.unmute(user, _id(who))
            return _("You see their comments again.")
    return ""


def _id(text: str) -> UUID:
    """An id from a form of ours; nobody's where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
