"""What readers change of themselves."""

from accounts.models import User


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
