"""Staff accounts: made for a person, with a second factor where one is set up for them."""

import secrets
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import transaction

from accounts.models import User
from publishers.models import Site, StaffMembership
from publishers.services import staffing
from publishers.states import Role


@dataclass(frozen=True)
class Appointment:
    """A membership, and the password of an account that had to be made for it (told once)."""

    membership: StaffMembership
    password: str | None


@transaction.atomic
def appoint(*, site: Site, email: str, role: Role, name: str = "") -> Appointment:
    """Put the person with this address on a site's staff, making the account where there is none.

    Repeating it changes the role at most. Whoever runs this vouches for the address.
    """
    user = User.objects.filter(email=email.strip().lower()).first()
    password = None
    if user is None:
        password = secrets.token_urlsafe(12)
        user = User.objects.create_user(email, password, name=name or str(Role(role).label))
    elif name and user.name != name:
        user.name = name
        user.save(update_fields=["name"])
    vouch_for_address(user)
    return Appointment(staffing.appoint(site=site, user=user, role=role), password)


def vouch_for_address(user: User) -> None:
    """Take the account's e-mail address as verified: an operator knows whose it is."""
    EmailAddress.objects.update_or_create(
        user=user, email=user.email.lower(), defaults={"verified": True, "primary": True}
    )


@transaction.atomic
def enroll_totp(user: User) -> str:
    """Give an account a new authenticator secret (base32), in place of any it had, and tell it."""
    Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).delete()
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret
