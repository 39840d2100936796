"""What was decided on a site's comments, and who was let in or shut out."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from moderation.desk import pages, reads
from moderation.desk.guard import on_a_site
from moderation.desk.pages import StaffRequest
from publishers.models import StaffMembership
from publishers.roles import Permission


@on_a_site(Permission.READ_LOG)
@require_safe
def log(request: StaffRequest, own: StaffMembership) -> HttpResponse:
    """`/moderation/sites/{id}/log?before=`: a page of each, newest first."""
    return pages.show(
        request,
        "log.html",
        tab="log",
        site=own.site,
        log=reads.log_of(own.site_id, before=request.GET.get("before", "")),
    )
