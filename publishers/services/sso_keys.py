"""Keys by which a publisher signs its readers in: made, followed by another, retired."""

import secrets
from datetime import timedelta
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common import clock, sealing
from common.sealing import seal, unseal
from publishers.models import Site, SsoKey
from publishers.services import access
from publishers.services.keys import KeyEnded
from publishers.states import AccessChangeKind, SsoAlgorithm

#: A token without a key id is tried on each.
MOST_LIVE = 5
RSA_BITS = range(2_048, 8_193)
LONGEST_PEM = 5_000
USE_NOTED_EVERY = timedelta(minutes=1)
PURPOSE = "single sign-on"


def make_secret(*, site: Site, name: str, actor: Any = None) -> tuple[SsoKey, str]:
    """A new HS256 key for `site`, and its secret (43 characters), told this once.

    `actor` goes on record; None is the command line. Raises ValidationError where the site has too
    many live keys.
    """
    text = secrets.token_urlsafe(32)
    sealed = seal(text, purpose=PURPOSE)
    return _add(site, name, actor, algorithm=SsoAlgorithm.HS256, sealed_secret=sealed), text


def add_public_key(*, site: Site, name: str, pem: str, actor: Any = None) -> SsoKey:
    """A key of a pair that the publisher made, for the one algorithm that goes with its kind.

    Raises ValidationError for what is no such key, or where the site has too many.
    """
    return _add(site, name, actor, algorithm=algorithm_of(pem), public_key=pem.strip())


@transaction.atomic
def rotate(key_id: int, *, actor: Any = None) -> tuple[SsoKey, str]:
    """A new secret with the name of an old key, which goes on beside it until it is retired.

    Raises KeyEnded where it was retired, ValidationError where the site has too many live keys.
    """
    old = SsoKey.objects.select_for_update().select_related("site").get(pk=key_id)
    if old.retired_at is not None:
        raise KeyEnded
    return make_secret(site=old.site, name=old.name, actor=actor)


def algorithm_of(pem: str) -> SsoAlgorithm:
    """EdDSA for Ed25519, ES256 for P-256, RS256 for RSA. Raises ValidationError for any other."""
    try:
        key = load_pem_public_key(pem[:LONGEST_PEM].encode())
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise ValidationError(
            _("This is not a public key. It begins with -----BEGIN PUBLIC KEY-----"),
            code="bad_public_key",
        ) from fault
    if isinstance(key, Ed25519PublicKey):
        return SsoAlgorithm.EDDSA
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return SsoAlgorithm.ES256
    if isinstance(key, RSAPublicKey) and key.key_size in RSA_BITS:
        return SsoAlgorithm.RS256
    raise ValidationError(
        _("The key must be Ed25519, P-256, or RSA of 2048 bits or more."), code="bad_public_key"
    )


@transaction.atomic
def retire(key: SsoKey, *, actor: Any = None) -> None:
    """From now on the key's signature counts for nothing. A repeat does nothing."""
    if SsoKey.objects.live().filter(pk=key.pk).update(retired_at=clock.now()):
        kind = AccessChangeKind.SSO_KEY_RETIRED
        access.note(kind, site=key.site, actor=actor, subject=str(key))


def material(key: SsoKey) -> str:
    """What a signature is verified with: the secret, or the public key as PEM."""
    return unseal(key.sealed_secret, purpose=PURPOSE) if key.sealed_secret else key.public_key


def reseal() -> tuple[int, int]:
    """Seal all secrets under SECRET_KEY itself. Gives how many are, and how many no key in use
    opens: those stay as they are. Safe twice, and while readers sign in.
    """
    kept = SsoKey.objects.exclude(sealed_secret="").values_list("pk", "sealed_secret")
    done = [_reseal(pk, sealed) for pk, sealed in kept]
    return done.count(True), done.count(False)


def _reseal(pk: int, sealed: str) -> bool:
    try:
        anew = sealing.reseal(sealed, purpose=PURPOSE)
    except InvalidToken:
        return False
    SsoKey.objects.filter(pk=pk).update(sealed_secret=anew)  # nobody else ever writes it
    return True


def note_use(key: SsoKey) -> None:
    """Note that the key was used. One query, at most once a minute for each key."""
    before = clock.now() - USE_NOTED_EVERY
    if key.last_used_at is None or key.last_used_at < before:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=before)
        SsoKey.objects.filter(stale, pk=key.pk).update(last_used_at=clock.now())


def check_room(site: Site) -> None:
    """Raises ValidationError where a site has as many live keys as it can. One query."""
    if site.sso_keys.live().count() >= MOST_LIVE:
        raise ValidationError(
            _("A site has at most %(most)d live keys. Retire one first.") % {"most": MOST_LIVE},
            code="too_many_keys",
        )


@transaction.atomic
def _add(site: Site, name: str, actor: Any, **what: str) -> SsoKey:
    check_room(site)
    key = site.sso_keys.create(kid=secrets.token_hex(6), name=name, **what)
    access.note(AccessChangeKind.SSO_KEY_MADE, site=site, actor=actor, subject=str(key))
    return key
