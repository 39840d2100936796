"""Which network addresses we may call: public ones, and networks that the operator lists."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network

#: What `is_global` (of some Python we run on) takes for public although no server stands there
#: for everybody: protocol assignments, the anycast way into 6to4, documentation.
NOT_PUBLIC = [
    ip_network(each)
    for each in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")
]
#: Where global unicast addresses are. What IPv4 wears inside IPv6 (6to4, Teredo, NAT64, the
#: "compatible" form) leads to an IPv4 address that nobody has looked at, so all of it is refused.
GLOBAL_UNICAST = ip_network("2000::/3")


def is_allowed(address: str, networks: Iterable[IPv4Network | IPv6Network] = ()) -> bool:
    """Whether a literal address is public, or in one of `networks`.

    An IPv4 address mapped into IPv6 is taken for what it is. What is no address is not allowed.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    if any(found in network for network in networks):
        return True
    unicast = isinstance(found, IPv4Address) or found in GLOBAL_UNICAST
    odd = found.is_multicast or found.is_reserved or any(found in each for each in NOT_PUBLIC)
    return unicast and found.is_global and not odd
