"""Sites: opened with their origins and a first key."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from publishers.models import Site, validate_origin
from publishers.services import hooks, keys


@transaction.atomic
def create(
    *,
    name: str,
    origins: Sequence[str],
    default_locale: str = "en",
    scopes: Sequence[str] | None = None,
    **policy: Any,
) -> tuple[Site, str]:
    """A site with its origins and a first API key, which may all unless `scopes` says less.

    Raises ValidationError for a bad origin.
    """
    for origin in origins:
        validate_origin(origin)
    site = Site(name=name, default_locale=default_locale, **policy)
    if site.hook_url:
        hooks.give_secret(site)
    site.full_clean()
    site.save(force_insert=True)
    for origin in dict.fromkeys(origins):
        site.origins.create(origin=origin)
    _, text = keys.issue(site=site, name="first key", scopes=scopes)
    return site, text
