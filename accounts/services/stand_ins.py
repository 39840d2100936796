"""Accounts nobody can sign in to: for people whose words or votes came from elsewhere."""

from collections.abc import Mapping
from uuid import UUID

from django.contrib.auth.hashers import make_password

from accounts import names
from accounts.models import User


def stand_ins(wanted: Mapping[str, str]) -> dict[str, UUID]:
    """The ids of accounts by e-mail address (below `.invalid`), made where missing.

    `wanted` gives each a display name; one that is not a name of ours is made from the address.
    Three queries at most.
    """
    found = _ids(wanted)
    missing = {email: name for email, name in wanted.items() if email not in found}
    if not missing:
        return found
    User.objects.bulk_create(
        (
            User(email=email, name=_name(name, email), password=make_password(None))
            for email, name in missing.items()
        ),
        ignore_conflicts=True,  # another loader may make the same
    )
    return found | _ids(missing)


def _ids(wanted: Mapping[str, str]) -> dict[str, UUID]:
    return dict(User.objects.filter(email__in=wanted).values_list("email", "pk"))


def _name(text: str, email: str) -> str:
    """As it was elsewhere, even "Admin": nobody can sign in to this account."""
    return names.tamed(text) or email.split("@")[0][: names.LONGEST]
