"""How often is too often: each view that writes names a policy of `settings.RATE_LIMITS`.

A policy says for whom it counts (account, address block, site) and how much each may do. Views
declare theirs (`PrivateView.limits`), and `tests/architecture` fails on one that does not. The
arithmetic is in `common.buckets`.
"""

from datetime import timedelta
from hashlib import sha256
from math import ceil
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from rest_framework.request import Request

from common import buckets, clock
from common.buckets import Bucket, Kind, Spill
from common.callers import address_block, client_address
from common.errors import Refusal

#: For how long a repeat is known as one.
REPEATS_SECONDS = 600
#: From here on a wait is told in minutes, even where it is not whole ones.
LONG = 100

SENTENCES: dict[str, str | Promise] = {
    "account": _("That was a lot in a short time. Try again in %(wait)s."),
    "address": _("A lot is coming from your network at the moment. Try again in %(wait)s."),
    "site": _("This site is very busy at the moment. Try again in %(wait)s."),
}
POSTING = _("You are posting quickly. Try again in %(wait)s; your text is kept.")


class TooManyRequests(Refusal):
    """Later: says when, in the sentence and in `Retry-After`."""

    code: ClassVar[str] = "rate_limited"
    status: ClassVar[int] = 429

    def __init__(self, sentence: str | Promise, *, wait: float, **words: Any) -> None:
        seconds = max(1, ceil(wait))
        super().__init__(sentence % {"wait": spoken(seconds), **words}, retry_after=seconds)


def check(request: Request | HttpRequest, policy: str, *, key: str | None = None) -> None:
    """Count a request for everyone its policy counts for. One way to the cache.

    What comes again with the same `key` of the same account is not counted again: whoever gives
    one sees to it that nothing is done twice. Raises TooManyRequests, and then has counted nothing.
    """
    if not settings.RATE_LIMITS_ON:
        return
    found = [_once(request, key)] if key else []
    found += [
        bucket
        for per, who in _subjects(request).items()
        for bucket in of(policy, per, who, share=_share(request.user) if per == "account" else 1)
    ]
    if spill := buckets.take(found):
        refuse(spill)


def _once(request: Request | HttpRequest, key: str) -> Bucket:
    digest = sha256(key.encode()).hexdigest()[:32]
    who = request.user.pk or getattr(getattr(request, "auth", None), "site_id", None)
    return Bucket(f"once:{who}:{digest}", 1, REPEATS_SECONDS, Kind.ONCE)


def of(policy: str, per: str, who: object, *, share: float = 1) -> list[Bucket]:
    """The buckets of one policy for one account, address block or site, its rates times `share`."""
    return [
        Bucket(f"{policy}:{per}:{who}:{seconds}", ceil(amount * share), seconds)
        for amount, seconds in settings.RATE_LIMITS[policy].get(per, ())
    ]


def refuse(spill: Spill) -> None:
    """Raise what a bucket of `of` says by running over."""
    policy, per, *_rest = spill.bucket.key.split(":")
    is_posting = per == "account" and policy in ("posting", "editing")
    raise TooManyRequests(POSTING if is_posting else SENTENCES[per], wait=spill.wait)


def spoken(seconds: int) -> str:
    """A wait as one says it: `40 seconds`, `3 minutes`."""
    if seconds < LONG and seconds % 60:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    minutes = ceil(seconds / 60)
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


def _subjects(request: Request | HttpRequest) -> dict[str, UUID | str]:
    """For whom a request counts. Its site is that of the token or key it is signed in with."""
    found = {
        "account": getattr(request.user, "pk", None),
        "address": address_block(client_address(request)),
        "site": getattr(getattr(request, "auth", None), "site_id", None),
    }
    return {per: who for per, who in found.items() if who}


def _share(user: Any) -> float:
    """What part of an account's rates is `user`'s: less in the first hours."""
    new_for = timedelta(seconds=settings.NEW_ACCOUNT_SECONDS)
    return settings.NEW_ACCOUNT_SHARE if user.joined_at > clock.now() - new_for else 1
