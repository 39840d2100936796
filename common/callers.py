"""Where a request comes from: one rule for limits, sign-in and records.

Only what stands to the right of the forwarded addresses was written by the operator's own proxies;
all else is whatever the caller chose to send.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Protocol

from django.conf import settings

#: What stands for the address of a peer that has none.
UNKNOWN = "unknown"
#: Bits of an IPv6 address that say whose it is: a household has a whole /64 at least.
BLOCK = 64


class HasMeta(Protocol):
    """A request of Django or of REST framework."""

    @property
    def META(self) -> dict[str, Any]: ...  # noqa: N802  (Django's name)


def client_address(request: HasMeta) -> str:
    """The address of who calls, as TRUSTED_PROXIES says: with n proxies the n-th from the right
    of `X-Forwarded-For`, with none the peer's. Where that is missing or no address, the peer's.

    IPv4 in IPv6 is written as IPv4. "unknown" where the peer has no address (a Unix socket).
    """
    peer = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return address_behind(settings.TRUSTED_PROXIES, peer=peer, forwarded=forwarded)


def address_behind(proxies: int, *, peer: str, forwarded: str) -> str:
    """The same, by a request's peer and its `X-Forwarded-For`."""
    hops = forwarded.split(",") if proxies else []
    address = _read(hops[-proxies]) if len(hops) >= proxies > 0 else None
    return str(address or _read(peer) or UNKNOWN)


def address_block(address: str) -> str:
    """What counts as one caller: an IPv4 address, or the /64 around an IPv6 address."""
    read = _read(address)
    if isinstance(read, IPv6Address):
        return str(IPv6Network((read, BLOCK), strict=False))
    return str(read or address)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """An address, with or without a port (some proxies write one), or None."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address
    return address
