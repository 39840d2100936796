"""What a site says of a reader: badges, whether they may comment there, a name that stays."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts import names
from accounts.impersonation import is_title
from accounts.models import LONGEST_BADGE, MOST_BADGES, NameLock, SiteProfile, User
from publishers.models import Site


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
    """The labels among `wanted`, each once, in their order, at most five. None says that somebody
    is staff: that badge is shown by membership. No query.
    """
    labels = (names.tamed(text)[:LONGEST_BADGE].strip() for text in wanted)
    kept = dict.fromkeys(label for label in labels if label and not is_title(label))
    return list(kept)[:MOST_BADGES]


@transaction.atomic
def lock_name(
    user: User, site: Site, *, until: datetime | None, actor: User, reason: str = ""
) -> SiteProfile:
    """Keep `user`'s display name as it is until then (None: no longer), by the word of `site`.

    Sites lock for themselves: a name may change where none of them says otherwise. Each change
    goes on record; a repeat does nothing. Three queries; locks the reader's profile on the site.
    """
    rows = SiteProfile.objects.select_for_update()
    profile, _is_new = rows.get_or_create(user=user, site=site)
    if profile.name_locked_until != until:
        profile.name_locked_until, profile.name_locked_by = until, actor
        profile.save(update_fields=["name_locked_until", "name_locked_by", "changed_at"])
        NameLock.objects.create(user=user, site=site, actor=actor, until=until, reason=reason)
    return profile
