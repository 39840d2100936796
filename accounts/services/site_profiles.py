"""What a site says of a reader: badges, and whether they may comment there."""

from collections.abc import Iterable

from accounts import names
from accounts.models import LONGEST_BADGE, MOST_BADGES, SiteProfile, User
from publishers.models import Site

#: The badge of a site's staff. It is shown by membership, and nobody is given it.
STAFF = "staff"


def describe(
    user: User,
    site: Site,
    *,
    badges: Iterable[str] = (),
    may_comment: bool = True,
    because: str = "",
) -> SiteProfile:
    """Set what `site` says of `user`, in place of what it said before. Two queries.

    Badges that are no labels are left out, and so are those over the fifth. `because` is the code
    with which the API refuses a comment of who may not.
    """
    profile, _is_new = SiteProfile.objects.update_or_create(
        user=user,
        site=site,
        defaults={
            "badges": sound_badges(badges),
            "may_comment": may_comment,
            "may_not_because": "" if may_comment else because,
        },
    )
    return profile


def sound_badges(wanted: Iterable[str]) -> list[str]:
    """The labels among `wanted`, each once, in their order, at most five. No query."""
    labels = (names.tamed(text)[:LONGEST_BADGE].strip() for text in wanted)
    kept = dict.fromkeys(label for label in labels if label and label.casefold() != STAFF)
    return list(kept)[:MOST_BADGES]
