"""The record of who was let in and shut out: people on a site's staff, and keys."""

from typing import Any

from publishers.models import AccessChange, Site
from publishers.states import AccessChangeKind


def note(
    kind: AccessChangeKind, *, site: Site, actor: Any, subject: str, was: str = "", now: str = ""
) -> None:
    """Put a change on record, in the transaction that makes it. `actor`: None where it was done
    on the command line.
    """
    AccessChange.objects.create(
        kind=kind, site=site, actor=actor, subject=subject, was=was, now=now
    )
