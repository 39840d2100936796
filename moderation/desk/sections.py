"""Parts of a site, whose conversations are opened and closed together."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from articles.services import sections as services
from articles.states import CommentsSwitch
from moderation.desk import pages
from moderation.desk.forms import SectionForm
from moderation.desk.guard import on_a_site
from moderation.desk.pages import SeeOther, StaffRequest
from publishers.models import StaffMembership
from publishers.roles import Permission

#: A site with more of them has them named by a machine; the rest is in the admin.
MOST_LISTED = 500


@on_a_site(Permission.EDIT_ARTICLES)
@require_http_methods(["GET", "HEAD", "POST"])
def sections(request: StaffRequest, own: StaffMembership) -> HttpResponse:
    """`/moderation/sites/{id}/sections`: what articles named so far; POST switches one."""
    form = SectionForm(request.POST or None)
    if form.is_valid():
        section = get_object_or_404(own.site.sections, pk=form.cleaned_data["section"])
        services.switch(section=section, to=form.cleaned_data["comments"])
        state = CommentsSwitch(section.comments).label
        messages.success(
            request, _("%(section)s, comments: %(state)s.") % {"section": section, "state": state}
        )
        return SeeOther(pages.of_site("sections", own.site_id))
    return pages.show(
        request,
        "sections.html",
        tab="articles",
        site=own.site,
        sections=own.site.sections.order_by("name")[:MOST_LISTED],
        switches=CommentsSwitch.choices,
        refusal=_("Some fields need another look.") if request.method == "POST" else "",
        status=400 if request.method == "POST" else 200,
    )
