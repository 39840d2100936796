"""What the widget opened the popup for, checked: a site, one of its origins, a PKCE challenge."""

from dataclasses import dataclass
from uuid import UUID

from django.http import QueryDict

from accounts.services.handover import CHALLENGE
from publishers.models import Site


class BadInvitation(Exception):
    """The popup was opened wrongly; `code` tells developers how."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Invitation:
    """Who may be handed the code: `origin`, a registered one of `site`'s, by its widget."""

    site: Site
    origin: str
    challenge: str
    return_url: str

    def way_back(self, code: str) -> str:
        """Where to go with the code when the page that opened the popup is out of reach."""
        return f"{self.return_url}#colloquy-code={code}"


def read(asked: QueryDict) -> Invitation:
    """The invitation in a popup's address. Raises BadInvitation. One query."""
    try:
        site_id = UUID(asked.get("site", ""))
    except ValueError:
        raise BadInvitation("unknown_site") from None
    origin = asked.get("origin", "")
    site = Site.objects.with_origin(origin).filter(pk=site_id).first()
    if site is None:
        raise BadInvitation("origin_not_registered")
    challenge = asked.get("challenge", "")
    if not CHALLENGE.fullmatch(challenge):
        raise BadInvitation("bad_challenge")
    return_url = asked.get("return") or f"{origin}/"
    if not return_url.startswith(f"{origin}/"):
        raise BadInvitation("return_elsewhere")
    return Invitation(site, origin, challenge, return_url.partition("#")[0])
