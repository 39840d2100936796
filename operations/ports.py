"""Ports for servers of our own."""

import random
import socket
from pathlib import Path

#: What Linux lends to connections that ask for no port of their own.
LENT = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST = 20_000
ATTEMPTS = 100


def free_port(*, together: int = 1) -> int:
    """The first of so many free ports in a row on 127.0.0.1. Raises OSError.

    None that the system lends: while a server is away, whoever keeps knocking at its port is sooner
    or later lent that very one, and then speaks to itself.
    """
    chance = random.SystemRandom()
    for _ in range(ATTEMPTS):
        port = chance.randrange(LOWEST, _lowest_lent() - together)
        if all(is_free(each) for each in range(port, port + together)):
            return port
    raise OSError("No free port on 127.0.0.1.")


def is_free(port: int) -> bool:
    """Whether nobody listens at a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _lowest_lent() -> int:
    lowest = int(LENT.read_text().split()[0]) if LENT.exists() else 49_152
    return lowest if lowest > LOWEST + ATTEMPTS else 65_536
