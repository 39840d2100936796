"""What readers change of themselves."""

import secrets

from django.conf import settings
from django.utils.translation import get_language, gettext

from accounts.models import User


def newcomer() -> User:
    """An account not yet stored, in the language of the page, its name made up until chosen."""
    return User(
        name=gettext("Reader %(number)d") % {"number": secrets.randbelow(9_000) + 1_000},
        name_made_up=True,
        locale=get_language() or settings.LANGUAGE_CODE,
    )


def change(user: User, *, name: str | None = None, locale: str | None = None) -> User:
    """Set the display name (tidied already) or the language. One query, or none."""
    changed = []
    if name is not None:
        user.name, user.name_made_up = name, False
        changed += ["name", "name_made_up"]
    if locale is not None:
        user.locale = locale
        changed.append("locale")
    if changed:
        user.save(update_fields=changed)
    return user
