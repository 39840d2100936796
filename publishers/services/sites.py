"""Sites: opened with their origins and a first key; staff let in."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from publishers.models import Site, StaffMembership, validate_origin
from publishers.services import hooks, keys
from publishers.states import Role


@transaction.atomic
def create(
    *, name: str, origins: Sequence[str], default_locale: str = "en", **policy: Any
) -> tuple[Site, str]:
    """A site with its origins and a first API key. Raises ValidationError for a bad origin."""
    for origin in origins:
        validate_origin(origin)
    site = Site(name=name, default_locale=default_locale, **policy)
    if site.hook_url:
        hooks.give_secret(site)
    site.full_clean()
    site.save(force_insert=True)
    for origin in dict.fromkeys(origins):
        site.origins.create(origin=origin)
    _, text = keys.issue(site=site, name="first key")
    return site, text


def add_staff(*, site: Site, user: Any, role: Role) -> StaffMembership:
    """Give `user` a role on `site`, or change the one they have."""
    membership, _ = StaffMembership.objects.update_or_create(
        site=site, user=user, defaults={"role": role}
    )
    return membership
