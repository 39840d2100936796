"""Publishers' own accounts: a token they signed becomes a reader's sign-in on their site.

Who it is for is (site, subject) and nothing else. An address in it is where mail may go, never who
somebody is; a role in it is not looked at. What comes of it is a reader token of that site.
"""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.claims import LEEWAY, Claims
from accounts.events import ProfileChanged
from accounts.models import SiteProfile, SsoIdentity, Token, User
from accounts.services import naming, profile, site_profiles, sso_tokens, tokens
from accounts.services.sso_tokens import SsoRefused
from common import clock
from common.errors import Refusal
from common.inserting import execute
from outbox.services import relay
from publishers.models import Site, SsoKey, StaffMembership
from publishers.services import sso_keys

#: For so long a reader need not be signed in anew. Their publisher ends it sooner, or renews it.
LIFE = timedelta(days=1)
#: Accounts have an address each. Mail to this one goes nowhere (RFC 2606), and nobody can guess it.
NO_MAILBOX = "sso.invalid"


class TokenUsed(SsoRefused):
    code: ClassVar[str] = "sso_token_used"


class OriginNotRegistered(Refusal):
    code: ClassVar[str] = "origin_not_registered"
    status: ClassVar[int] = 403
    detail = _("You cannot sign in on this website.")


class AccountClosed(Refusal):
    code: ClassVar[str] = "account_inactive"
    status: ClassVar[int] = 403
    detail = _("This account is closed.")


class AccountOfStaff(Refusal):
    """An account with a role is reached by its own credentials alone."""

    code: ClassVar[str] = "account_of_staff"
    status: ClassVar[int] = 403
    detail = _("This account belongs to the staff and cannot be signed in here.")


def sign_in(*, token: str, site_id: UUID | None, origin: str | None) -> tuple[Token, str]:
    """A reader token and its text for a publisher's `token`, bound to `origin` where one asks.

    `site_id` is needed where the token does not name its issuer. A token works once; of two at
    once, one wins. Raises SsoRefused, OriginNotRegistered, AccountClosed, AccountOfStaff.
    Six queries for a reader who was here before, beside those that open and close transactions.
    """
    key, said = sso_tokens.prove(token, site_id=site_id, origin=origin)
    if origin is not None and not key.is_asked_from_home:  # type: ignore[attr-defined]  # annotated
        raise OriginNotRegistered
    sso_keys.note_use(key)
    with transaction.atomic():
        _use_up(said, key.site)
        user = _reader(said, key.site)
        site_profiles.describe(
            user,
            key.site,
            badges=said.badges,
            may_comment=not said.barrier,
            because=said.barrier,
        )
        return tokens.issue_reader(
            user=user, site=key.site, origin=origin or "", life=LIFE, sso_key=key
        )


@transaction.atomic
def retire_with_sign_ins(key: SsoKey, *, actor: User | None = None) -> int:
    """Retire a key that leaked, and end the sign-ins it gave; how many there were. A repeat ends
    what is left.
    """
    sso_keys.retire(key, actor=actor)
    return tokens.revoke_signed_by(key)


# -- once ------------------------------------------------------------------------------------
USE = """
    INSERT INTO accounts_ssotokenuse (id, expires_at) VALUES (%s, %s)
    ON CONFLICT DO NOTHING RETURNING 1
"""


def _use_up(said: Claims, site: Site) -> None:
    """Note that this token was taken; who brings it at the same moment waits here. Raises
    TokenUsed. One query.
    """
    name = f"{site.pk} {said.token_id}"
    use = UUID(bytes=hashlib.blake2b(name.encode(), digest_size=16).digest())
    forgotten_at = datetime.fromtimestamp(said.expires_at, UTC) + timedelta(seconds=2 * LEEWAY)
    if not execute(USE, [use, forgotten_at]):
        raise TokenUsed


# -- whose account it is ---------------------------------------------------------------------
def _reader(said: Claims, site: Site) -> User:
    """The account of who the token is for, made if new, as the publisher now describes it."""
    identity = _identity(said, site)
    if identity is None:
        try:
            with transaction.atomic():
                return _welcome(said, site)
        except IntegrityError:  # the same reader, in two windows
            identity = _identity(said, site)
            if identity is None:
                raise
    user = identity.user
    if not user.is_active:
        raise AccountClosed
    if user.is_staff or user.is_superuser or identity.has_a_role:  # type: ignore[attr-defined]  # annotated
        raise AccountOfStaff
    _refresh(identity, said)
    return user


def _identity(said: Claims, site: Site) -> SsoIdentity | None:
    """Who has this subject, with what forbids them to come in or to be renamed. One query."""
    roles = StaffMembership.objects.filter(user=OuterRef("user"))
    locks = SiteProfile.objects.filter(user=OuterRef("user"), name_locked_until__gt=clock.now())
    rows = SsoIdentity.objects.select_related("user").filter(site=site, subject=said.subject)
    return rows.annotate(has_a_role=Exists(roles), name_is_locked=Exists(locks)).first()


def _welcome(said: Claims, site: Site) -> User:
    user = profile.newcomer()
    user.email = f"{secrets.token_hex(16)}@{NO_MAILBOX}"
    user.notices_to = _mailbox(said)
    if name := naming.given(said.name, otherwise=""):
        user.name, user.name_made_up = name, False
    user.set_unusable_password()
    user.save(force_insert=True)
    said_name = names.tamed(said.name)
    SsoIdentity.objects.create(site=site, subject=said.subject, user=user, name_said=said_name)
    return user


def _refresh(identity: SsoIdentity, said: Claims) -> None:
    """Take over a new name, unless moderators keep the old one, and where mail may go."""
    user, changed = identity.user, []
    if user.notices_to != (mailbox := _mailbox(said)):
        user.notices_to = mailbox
        changed.append("notices_to")
    locked = identity.name_is_locked  # type: ignore[attr-defined]  # annotated
    name = names.tamed(said.name)
    if name and name != identity.name_said and not locked:
        identity.name_said = name
        identity.save(update_fields=["name_said"])
        user.name = naming.given(name, otherwise=user.name)
        user.name_made_up = user.name_made_up and user.name != name
        changed += ["name", "name_made_up"]
    if changed:
        user.save(update_fields=changed)
    if "name" in changed:
        relay.record(ProfileChanged(user.pk))


def _mailbox(said: Claims) -> str:
    address = said.email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address if address.isprintable() else ""
