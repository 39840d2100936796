"""A site's articles for its editors: open and close conversations, their pace, related links."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from articles.models import Article
from articles.services import publishing
from articles.states import CommentsSwitch
from comments.services import pace as thread_pace
from common import clock
from common.limits import spoken
from moderation.desk import pages, reads
from moderation.desk.forms import PublicationForm, RelatedForm, SwitchForm
from moderation.desk.guard import demand, on_a_site
from moderation.desk.pages import SeeOther, StaffRequest
from moderation.forms import PAUSES, PaceForm
from publishers.models import StaffMembership
from publishers.roles import Permission


@on_a_site(Permission.EDIT_ARTICLES)
@require_safe
def articles(request: StaffRequest, own: StaffMembership) -> HttpResponse:
    """`/moderation/sites/{id}/articles?q=`: the newest, or those that are called so."""
    wanted = request.GET.get("q", "").replace("\x00", "").strip()[:500]
    return pages.show(
        request,
        "articles.html",
        tab="articles",
        site=own.site,
        articles=reads.articles_of(own.site_id, wanted=wanted),
        wanted=wanted,
    )


@on_a_site(Permission.EDIT_ARTICLES)
@require_http_methods(["GET", "HEAD", "POST"])
def article(request: StaffRequest, own: StaffMembership, article_id: UUID) -> HttpResponse:
    """`/moderation/sites/{id}/articles/{id}`: one article; POST `action` changes something."""
    found = reads.article_of(own.site_id, article_id)
    if request.method != "POST":
        return _show(request, own, found)
    actions: dict[str, Callable[[StaffRequest, Article], str | None]] = {
        "publish": _publish,
        "switch": _switch,
        "pace": _set_pace,
        "relate": _relate,
    }
    action = actions.get(request.POST.get("action", ""))
    said = action(request, found) if action else None
    if said is None:
        return _show(request, own, found, fault=_fault(request), status=400)
    messages.success(request, said)
    return SeeOther(reverse("moderation:article", args=[own.site_id, found.pk]))


def _publish(request: StaffRequest, found: Article) -> str | None:
    form = PublicationForm(request.POST)
    if not form.is_valid():
        return None
    if form.cleaned_data["published"]:
        publishing.republish(article=found)
        return _("The article is published again.")
    publishing.unpublish(article=found)
    return _("The article is unpublished.")


def _switch(request: StaffRequest, found: Article) -> str | None:
    form = SwitchForm(request.POST)
    if not form.is_valid():
        return None
    publishing.switch(article=found, to=form.cleaned_data["comments"])
    return _("Comments: %(state)s.") % {"state": found.switch.label}


def _set_pace(request: StaffRequest, found: Article) -> str | None:
    demand(request, found.site_id, Permission.SET_PACE)
    form = PaceForm(request.POST)
    threads = {str(each.thread_id): each.thread_id for each in found.editions.all()}
    thread_id = threads.get(request.POST.get("thread", ""))
    if thread_id is None or not form.is_valid():
        return None
    seconds, duration = form.cleaned_data["seconds"], form.cleaned_data["duration"]
    if not seconds:
        thread_pace.lift(thread_id, actor=request.user)
        return _("Slow mode is lifted.")
    until = clock.now() + timedelta(seconds=duration) if duration else None
    thread_pace.slow(thread_id, seconds=seconds, until=until, actor=request.user)
    return _("Slow mode is on.")


def _relate(request: StaffRequest, found: Article) -> str | None:
    form = RelatedForm(request.POST)
    if not form.is_valid():
        return None
    wanted = form.cleaned_data["edition"]
    edition = next((each for each in found.editions.all() if each.pk == wanted), None)
    if edition is None:
        raise Http404
    publishing.relate(edition=edition, links=reads.with_texts(edition, form.cleaned_data["links"]))
    return _("The related links are saved.")


def _fault(request: StaffRequest) -> str:
    """What was wrong with the links, if it was they."""
    if faults := RelatedForm(request.POST).errors.get("links"):
        return str(faults[0])
    return _("Some fields need another look.")


def _as_section(found: Article) -> str:
    by_section = found.section.comments if found.section else CommentsSwitch.OPEN
    state = CommentsSwitch(by_section).label
    return _("As its section says (%(state)s)") % {"state": state}


def _show(
    request: StaffRequest,
    own: StaffMembership,
    found: Article,
    *,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    typed = {request.POST.get("edition", ""): request.POST.get("links", "")} if fault else {}
    return pages.show(
        request,
        "article.html",
        tab="articles",
        site=own.site,
        article=found,
        editions=[
            (each, typed.get(str(each.pk), reads.as_lines(each))) for each in found.editions.all()
        ],
        threads=reads.threads_of(found),
        switches=[("", _as_section(found)), *CommentsSwitch.choices],
        pauses=[(each, spoken(each)) for each in PAUSES],
        refusal=fault,
        status=status,
    )
