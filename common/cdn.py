"""The CDN before us, where there is one that can be told to forget: by which keys it knows an
answer, how long it may keep one, and how it is told.

Browsers, and whatever else stands in between, hear of none of it: they go by `Cache-Control`, which
says one second. docs/cdn.md tells how each CDN is set up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import orjson
from django.conf import settings

from common import breaker, outbound
from common.json import dumps
from common.outbound import BadAnswer, OutboundFault

#: Who is told so long in vain is asked again later.
SECONDS = 3.0
JSON = "application/json"


@dataclass(frozen=True)
class Purger:
    """How one kind of CDN is spoken to. `purge(url, token, keys)` raises OutboundFault."""

    #: The header that it alone goes by, and takes off.
    lifetime: str
    #: As many keys as it takes in one call.
    most_keys: int
    purge: Callable[[str, str, Sequence[str]], None]
    #: The header by which it knows answers, if that is not `Surrogate-Key`, with commas in between.
    tags: str = ""


def _fastly(url: str, token: str, keys: Sequence[str]) -> None:
    """`POST /service/<id>/purge`: gone, not only stale (no `Fastly-Soft-Purge`)."""
    headers = {"Fastly-Key": token, "Content-Type": JSON, "Accept": JSON}
    outbound.post(url, body=dumps({"surrogate_keys": keys}), headers=headers, seconds=SECONDS)


def _cloudflare(url: str, token: str, keys: Sequence[str]) -> None:
    """`POST /client/v4/zones/<id>/purge_cache`. It says in the body whether it did."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": JSON}
    said = outbound.post(url, body=dumps({"tags": keys}), headers=headers, seconds=SECONDS)
    try:
        is_done = orjson.loads(said.body)["success"] is True
    except (ValueError, LookupError, TypeError):
        is_done = False
    if not is_done:
        raise BadAnswer("the CDN does not say that it has purged")


def _varnish(url: str, token: str, keys: Sequence[str]) -> None:
    """`PURGE` with `xkey-purge`, as deploy/varnish.vcl takes it. It stands in the operator's own
    network and knows us by our address.
    """
    headers = {"xkey-purge": " ".join(keys)}
    outbound.send("PURGE", url, headers=headers, seconds=SECONDS, good=True, trusted=True)


PURGERS = {
    "fastly": Purger("Surrogate-Control", 256, _fastly),
    "cloudflare": Purger("Cloudflare-CDN-Cache-Control", 100, _cloudflare, tags="Cache-Tag"),
    "varnish": Purger("Surrogate-Control", 100, _varnish),
}


def is_purged() -> bool:
    """Whether there is a CDN that can be told."""
    return settings.CDN_PURGER in PURGERS


def lasting(keys: Sequence[str]) -> dict[str, str]:
    """The headers by which a CDN keeps an answer until it is told of one of its keys, for
    `CDN_SECONDS` at most. None where nobody can tell it, or telling has failed of late.

    One way to the cache for each address that is told, where there is a CDN.
    """
    purger = PURGERS.get(settings.CDN_PURGER)
    if purger is None or any(breaker.is_open(url) for url in settings.CDN_PURGE_URLS):
        return {}
    # nginx in between is told to keep nothing of it: nobody could tell nginx.
    told = {purger.lifetime: f"max-age={settings.CDN_SECONDS}", "X-Accel-Expires": "0"}
    return told | ({purger.tags: ",".join(keys)} if purger.tags else {})


def forget(keys: Sequence[str]) -> None:
    """Tell the CDN, at each of its addresses, to forget what has one of these keys.

    Raises OutboundFault where one address did not take them all; the others have been told then.
    Told again, it has nothing left to forget. Keep database transactions out of it.
    """
    purger = PURGERS.get(settings.CDN_PURGER)
    if purger is None:
        return
    failed: OutboundFault | None = None
    for url in settings.CDN_PURGE_URLS:
        left = iter(keys)
        try:
            while some := list(islice(left, purger.most_keys)):
                with breaker.guarded(url):
                    purger.purge(url, settings.CDN_PURGE_TOKEN, some)
        except OutboundFault as fault:
            failed = fault
    if failed:
        raise failed
