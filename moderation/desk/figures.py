"""How much is said on a site and how it is decided: numbers, no texts and no people."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from moderation.desk import pages, reads
from moderation.desk.guard import on_a_site
from moderation.desk.pages import StaffRequest
from publishers.models import StaffMembership
from publishers.roles import Permission


@on_a_site(Permission.READ_FIGURES)
@require_safe
def figures(request: StaffRequest, own: StaffMembership) -> HttpResponse:
    """`/moderation/sites/{id}/figures`: comments so far, what waits, decisions of thirty days."""
    found = reads.figures_of(own.site_id)
    return pages.show(request, "figures.html", tab="figures", site=own.site, figures=found)
