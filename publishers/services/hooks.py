"""The secret that calls of a site's hook are signed with."""

from django.db.models import F

from common import clock, webhooks
from publishers.models import Site


def give_secret(site: Site) -> None:
    """Put a first secret on `site`, not saved yet; one that has a secret keeps it."""
    site.hook_secret = site.hook_secret or webhooks.new_secret()


def change_secret(site: Site) -> None:
    """Give a stored site a new secret. The former one is good for another day. One statement."""
    Site.objects.filter(pk=site.pk).update(
        hook_former_secret=F("hook_secret"),
        hook_secret=webhooks.new_secret(),
        hook_secret_changed_at=clock.now(),
    )
