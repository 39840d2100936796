"""API keys: made once, shown once, kept as a hash; replaced with an overlap, or ended at once."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common import clock
from common.errors import Refusal
from publishers.models import ApiKey, Site, every_scope
from publishers.services import access
from publishers.states import AccessChangeKind

PREFIX = "cq_"
USE_NOTED_EVERY = timedelta(minutes=10)
#: For how long the old key may go on beside the new one.
OVERLAPS = (timedelta(0), timedelta(hours=1), timedelta(days=1), timedelta(days=7))


class KeyEnded(Refusal):
    code: ClassVar[str] = "key_ended"
    status: ClassVar[int] = 409
    detail = _("This key has ended already. Make a new one instead.")


@transaction.atomic
def issue(
    *,
    site: Site,
    name: str,
    scopes: Sequence[str] | None = None,
    expires_at: datetime | None = None,
    actor: Any = None,
) -> tuple[ApiKey, str]:
    """A new key for `site` and its text, which nobody can read again. Without `scopes`: all."""
    key, text = _make(site=site, name=name, scopes=scopes, expires_at=expires_at)
    access.note(AccessChangeKind.KEY_MADE, site=site, actor=actor, subject=str(key))
    return key, text


@transaction.atomic
def rotate(key_id: int, *, overlap: timedelta, actor: Any = None) -> tuple[ApiKey, str]:
    """A new key with the name and scopes of an old one, which ends after `overlap`.

    The new one ends when the old one would have. Raises KeyEnded. Locks the old key.
    """
    old = ApiKey.objects.select_for_update().select_related("site").get(pk=key_id)
    now = clock.now()
    if not old.is_live_at(now):
        raise KeyEnded
    key, text = _make(site=old.site, name=old.name, scopes=old.scopes, expires_at=old.expires_at)
    old.expires_at = min(filter(None, [old.expires_at, now + overlap]))
    old.save(update_fields=["expires_at"])
    access.note(
        AccessChangeKind.KEY_ROTATED, site=old.site, actor=actor, subject=f"{old} → {key.prefix}…"
    )
    return key, text


@transaction.atomic
def revoke(key: ApiKey, *, actor: Any = None) -> None:
    """End a key at once and for good. A repeat does nothing."""
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=clock.now()):
        access.note(AccessChangeKind.KEY_REVOKED, site=key.site, actor=actor, subject=str(key))


def find(text: str) -> ApiKey | None:
    """The live key with this text, with its site; None where there is none.

    One query, and a second at most once in ten minutes to note the use.
    """
    if not text.startswith(PREFIX):
        return None
    key = ApiKey.objects.live().select_related("site").filter(digest=digest(text)).first()
    if key is not None:
        unnoted = clock.now() - USE_NOTED_EVERY
        if key.last_used_at is None or key.last_used_at < unnoted:
            stale = Q(last_used_at=None) | Q(last_used_at__lt=unnoted)
            ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=clock.now())
    return key


def digest(text: str) -> str:
    """What is stored of a key. It has 256 random bits: a fast hash is enough."""
    return hashlib.sha256(text.encode()).hexdigest()


def _make(
    *, site: Site, name: str, scopes: Sequence[str] | None, expires_at: datetime | None
) -> tuple[ApiKey, str]:
    text = PREFIX + secrets.token_urlsafe(32)
    key = site.api_keys.create(
        name=name,
        prefix=text[:10],
        digest=digest(text),
        scopes=every_scope() if scopes is None else list(scopes),
        expires_at=expires_at,
    )
    return key, text
