"""Reads that accounts' commands share."""

from uuid import UUID

from publishers.models import Site


def site_named(words: str) -> Site | None:
    """The site with this id or, where only one has it, this name. One query."""
    try:
        return Site.objects.filter(pk=UUID(words)).first()
    except ValueError:
        found = list(Site.objects.filter(name=words)[:2])
    return found[0] if len(found) == 1 else None
