"""What an owner decides about their site: screening, what waits for a person, the hook."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from moderation.desk import pages
from moderation.desk.forms import SettingsForm
from moderation.desk.guard import on_a_site
from moderation.desk.pages import SeeOther, StaffRequest
from publishers.models import Site, StaffMembership
from publishers.roles import Permission
from publishers.services import hooks


@on_a_site(Permission.SET_UP)
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: StaffRequest, own: StaffMembership) -> HttpResponse:
    """`/moderation/sites/{id}/settings`: POST changes them; `new_secret` gives the hook another."""
    if "new_secret" in request.POST:
        hooks.change_secret(own.site)
        messages.success(
            request, _("For a day calls are signed with both, the new secret and the one before.")
        )
        return SeeOther(pages.of_site("settings", own.site_id))
    site = Site.objects.get(pk=own.site_id)  # the form writes on it, valid or not
    if request.POST.get("hook_url"):
        hooks.give_secret(site)
    form = SettingsForm(request.POST or None, instance=site)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return SeeOther(pages.of_site("settings", own.site_id))
    status = 400 if request.method == "POST" else 200
    return pages.show(
        request, "settings.html", tab="settings", site=own.site, form=form, status=status
    )
