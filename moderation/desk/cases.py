"""A queue with one case opened, and the decision on it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.services import site_profiles
from comments.services import pace as thread_pace
from comments.states import Status
from common import clock
from common.errors import Refusal
from common.limits import spoken
from moderation import selectors
from moderation.desk import pages
from moderation.desk.guard import at_the_desk, demand
from moderation.desk.pages import SeeOther, StaffRequest
from moderation.forms import LOCKS, PAUSES, SHORT, DecisionForm, NameLockForm, PaceForm
from moderation.models import Case, Decision
from moderation.selectors import QueuePage
from moderation.services import decisions
from moderation.states import Ruling
from publishers.roles import Permission


@at_the_desk
@require_safe
def desk(request: StaffRequest) -> HttpResponse:
    """`/moderation/?queue=`: a queue, with its first case opened; for who reads no cases, on to
    what their role opens.
    """
    if not any(each.may(Permission.REVIEW) for each in request.memberships):
        return _elsewhere(request)
    page = _queue_page(request)
    first = selectors.case_for(request.user, page.cases[0].pk) if page.cases else None
    return _show(request, page, first)


@at_the_desk
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """`/moderation/cases/{id}?queue=`: one case, open or closed, beside its queue; POST decides.

    One address for both: who has to sign in again in between comes back to the case.
    """
    found = selectors.case_for(request.user, case_id)
    if request.method == "POST":
        demand(request, found.site_id, Permission.DECIDE)
        return _decide(request, found)
    return _show(request, _queue_page(request), found, asked_for=True)


@at_the_desk
@require_http_methods(["GET", "HEAD", "POST"])
def pace(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """`/moderation/cases/{id}/pace?queue=`: slow the case's thread by hand, or lift that (303)."""
    found = selectors.case_for(request.user, case_id)
    demand(request, found.site_id, Permission.SET_PACE)
    form = PaceForm(request.POST)
    if request.method == "POST" and form.is_valid():
        messages.success(request, _set_pace(request, found, **form.cleaned_data))
    return SeeOther(_address(_queue_page(request), found.pk))


@at_the_desk
@require_http_methods(["GET", "HEAD", "POST"])
def name(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """`/moderation/cases/{id}/name?queue=`: lock the name of who wrote the comment, or unlock it,
    by the word of the case's site (303).
    """
    found = selectors.case_for(request.user, case_id)
    demand(request, found.site_id, Permission.LOCK_NAMES)
    page = _queue_page(request)
    if request.method == "POST":
        form = NameLockForm(request.POST)
        if not form.is_valid():
            return _show(request, page, found, asked_for=True, name_form=form, status=400)
        messages.success(request, _lock_name(request, found, **form.cleaned_data))
    return SeeOther(_address(page, found.pk))


def _elsewhere(request: StaffRequest) -> HttpResponse:
    address = pages.first_open_to(request)
    if address is None:
        raise Http404
    return SeeOther(address)


def _set_pace(request: StaffRequest, found: Case, *, seconds: int, duration: int | None) -> str:
    thread_id = found.comment.thread_id
    if not seconds:
        thread_pace.lift(thread_id, actor=request.user)
        return _("Slow mode is lifted.")
    until = clock.now() + timedelta(seconds=duration) if duration else None
    thread_pace.slow(thread_id, seconds=seconds, until=until, actor=request.user)
    return _("Slow mode is on.")


def _lock_name(request: StaffRequest, found: Case, *, days: int, reason: str) -> str:
    until = clock.now() + timedelta(days=days) if days else None
    author = found.comment.author
    site_profiles.lock_name(author, found.site, until=until, actor=request.user, reason=reason)
    return _("The name is locked.") if until else _("The name may change again.")


def _decide(request: StaffRequest, found: Case) -> HttpResponse:
    """On to the next case (303), or the same again with what was refused and what was written."""
    page = _queue_page(request)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _show(request, page, found, asked_for=True, form=form, status=400)
    following = selectors.case_after(request.user, case=found, queue=page.queue)
    try:
        decision = decisions.decide(case_id=found.pk, actor=request.user, **form.cleaned_data)
    except Refusal as refusal:
        return _refused(request, found, form, refusal)
    messages.success(request, _sentence(decision, is_last=following is None))
    return SeeOther(_address(page, following))


def _address(page: QueuePage, case_id: UUID | None) -> str:
    """Where the queue stands, with this case of it opened."""
    path = reverse("moderation:case", args=[case_id]) if case_id else reverse("moderation:desk")
    return f"{path}?{page.query}"


def _queue_page(request: StaffRequest) -> QueuePage:
    shown = request.GET.get("show", "")
    return selectors.queue_page(
        request.user,
        wanted=request.GET.get("queue", ""),
        shown=int(shown[:4]) if shown.isdecimal() else selectors.SHOWN_AT_FIRST,
    )


def _show(
    request: StaffRequest,
    page: QueuePage,
    found: Case | None,
    *,
    asked_for: bool = False,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The page. `asked_for`: the case has this address; narrow screens then show it alone."""
    context = {
        "page": page,
        "opened": selectors.opened(found) if found else None,
        "asked_for": asked_for,
        "form": DecisionForm(),
        "pauses": [(each, spoken(each)) for each in PAUSES],
        "pause": spoken(seconds) if (seconds := _pause(found)) else "",
        "may_decide": found and _may(request, found, Permission.DECIDE),
        "name_form": NameLockForm(),
        "locks": LOCKS,
        "may_lock_names": found and _may(request, found, Permission.LOCK_NAMES),
        "may_set_pace": found and _may(request, found, Permission.SET_PACE),
        **more,
    }
    return pages.show(request, "desk.html", tab="desk", status=status, **context)


def _may(request: StaffRequest, found: Case, permission: Permission) -> bool:
    roles = (each for each in request.memberships if each.site_id == found.site_id)
    return any(each.may(permission) for each in roles)


def _pause(found: Case | None) -> int:
    return thread_pace.pause_of(found.comment.thread) if found else 0


def _refused(
    request: StaffRequest, found: Case, form: DecisionForm, refusal: Refusal
) -> HttpResponse:
    """The case read anew: it may be closed by now, and the queue shorter."""
    return _show(
        request,
        _queue_page(request),
        selectors.case_for(request.user, found.pk),
        asked_for=True,
        form=form,
        refusal=refusal,
        status=refusal.status,
    )


def _sentence(decision: Decision, *, is_last: bool) -> str:
    """What was done, and what comes now."""
    if decision.ruling == Ruling.REJECT:
        done = _("Rejected: %(reason)s.") % {"reason": SHORT[decision.reason]}
    elif decision.was == Status.PUBLISHED:
        done = _("Kept.")
    else:
        done = _("Published.")
    coming = _("That was the last one here.") if is_last else _("Next case.")
    return f"{done} {coming}"
