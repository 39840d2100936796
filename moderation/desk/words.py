"""The words that a site looks at more closely."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from moderation.desk import pages
from moderation.desk.forms import WordForm
from moderation.desk.guard import on_a_site
from moderation.desk.pages import SeeOther, StaffRequest
from moderation.services import words as listed_words
from publishers.models import StaffMembership
from publishers.roles import Permission


@on_a_site(Permission.SET_WORDS)
@require_http_methods(["GET", "HEAD", "POST"])
def words(request: StaffRequest, own: StaffMembership) -> HttpResponse:
    """`/moderation/sites/{id}/words`: the list; POST a `word` to put it there, `drop` an id."""
    form = WordForm(request.POST or None)
    if dropped := request.POST.get("drop", ""):
        listed_words.drop(site=own.site, word_id=int(dropped[:18]) if dropped.isdecimal() else 0)
        messages.success(request, _("Taken off the list."))
        return SeeOther(pages.of_site("words", own.site_id))
    if form.is_valid():
        listed_words.put(site=own.site, **form.cleaned_data)
        messages.success(request, _("Listed. It is in force within ten seconds."))
        return SeeOther(pages.of_site("words", own.site_id))
    return pages.show(
        request,
        "words.html",
        tab="words",
        site=own.site,
        words=own.site.listed_words.order_by("word"),
        form=form,
        status=400 if request.method == "POST" else 200,
    )
