"""API keys: made once, shown once, kept as a hash."""

import hashlib
import secrets
from datetime import timedelta

from django.db.models import Q

from common import clock
from publishers.models import ApiKey, Site

PREFIX = "cq_"
USE_NOTED_EVERY = timedelta(minutes=1)


def issue(*, site: Site, name: str) -> tuple[ApiKey, str]:
    """A new key for `site` and its text, which nobody can read again."""
    text = PREFIX + secrets.token_urlsafe(32)
    return site.api_keys.create(name=name, prefix=text[:10], digest=digest(text)), text


def find(text: str) -> ApiKey | None:
    """The live key with this text, with its site; None where there is none.

    One query, and a second at most once a minute to note the use.
    """
    if not text.startswith(PREFIX):
        return None
    key = ApiKey.objects.live().select_related("site").filter(digest=digest(text)).first()
    if key is not None:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=clock.now() - USE_NOTED_EVERY)
        if key.last_used_at is None or key.last_used_at < clock.now() - USE_NOTED_EVERY:
            ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=clock.now())
    return key


def digest(text: str) -> str:
    """What is stored of a key. It has 256 random bits: a fast hash is enough."""
    return hashlib.sha256(text.encode()).hexdigest()
