"""Accounts for people whose comments came from elsewhere, until they come and claim them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.events import PlaceholderClaimed
from accounts.mailboxes import digest_of
from accounts.models import Placeholder, User
from accounts.services.stand_ins import stand_ins
from common import clock
from common.errors import Refusal
from outbox.services import relay
from publishers.models import Site

#: Above the comments of people whom nobody named.
NAMELESS = "Unknown author"


class NothingToClaim(Refusal):
    code: ClassVar[str] = "nothing_to_claim"
    status: ClassVar[int] = 404
    detail = _("These comments were written with an address that is not yours, or are claimed.")


@dataclass(frozen=True, slots=True)
class Person:
    """Who wrote elsewhere: what others saw as their name, if they had one, and the digest of their
    address, if it is known (`mailboxes.digest_of`).
    """

    name: str
    digest: str = ""


@transaction.atomic
def provide(*, site: Site, source: str, people: Mapping[str, Person]) -> dict[str, UUID]:
    """The ids of the accounts that stand for `people`, given by their ids in `source`, made where
    missing. Five queries at most, two where all are there.
    """
    addresses = {key: _address(site, source, key) for key in people}
    accounts = stand_ins(
        {addresses[key]: names.tamed(each.name) or NAMELESS for key, each in people.items()}
    )
    ids = {key: accounts[address] for key, address in addresses.items()}
    known = set(Placeholder.objects.filter(pk__in=ids.values()).values_list("pk", flat=True))
    Placeholder.objects.bulk_create(
        (
            Placeholder(user_id=pk, site=site, source=source, digest=people[key].digest)
            for key, pk in ids.items()
            if pk not in known
        ),
        ignore_conflicts=True,  # another loader may make the same
    )
    return ids


def claimable_by(user: User) -> QuerySet[Placeholder]:
    """The accounts that stand for who owns one of `user`'s verified addresses. One query, and one
    when it is read.
    """
    verified = EmailAddress.objects.filter(user=user, verified=True)
    digests = [digest_of(address) for address in verified.values_list("email", flat=True)]
    waiting = Placeholder.objects.filter(claimed_at=None).exclude(digest="")
    return waiting.filter(digest__in=digests).select_related("user", "site").order_by("pk")


@transaction.atomic
def claim(placeholder_id: UUID, *, by: User) -> Placeholder:
    """Give `by` what a placeholder wrote; the comments follow within moments. Who verified its
    address may; of two at once, one does. Raises NothingToClaim.
    """
    found = claimable_by(by).select_for_update(of=("self",)).filter(pk=placeholder_id).first()
    if found is None:
        raise NothingToClaim
    found.claimed_by, found.claimed_at = by, clock.now()
    found.save(update_fields=["claimed_by", "claimed_at"])
    relay.record(PlaceholderClaimed(found.pk, by.pk))
    return found


def _address(site: Site, source: str, key: str) -> str:
    """An e-mail address that leads nowhere, always the same for the same person of a source."""
    who = hashlib.blake2b(key.encode(), digest_size=16).hexdigest()
    return f"{who}@{source}.{site.pk.hex}.invalid"
