"""Doors: listening sockets, which outlive the processes that answer at them.

Whoever supervises a process may open its doors, keep them, and pass them on by number (`--fd`;
systemd calls that socket activation, and 3 the first). While the process is replaced, who knocks
waits.
"""

import socket
from collections.abc import Sequence

#: Who has connected and not been let in yet: more than a crowd brings while a process starts.
BACKLOG = 4_096


def opened(host: str, port: int, *, count: int = 1) -> list[socket.socket]:
    """Doors at one address, which take connections at once; the kernel deals them out. Raises
    OSError.
    """
    doors: list[socket.socket] = []
    try:
        for _ in range(count):
            door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
            doors.append(door)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as its connections will
            if count > 1:
                door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            door.bind((host, port))
            door.listen(BACKLOG)
            port = door.getsockname()[1]
    except OSError:
        for door in doors:
            door.close()
        raise
    return doors


def found(
    numbers: Sequence[int] | None, *, host: str, port: int, count: int = 1
) -> list[socket.socket]:
    """The doors that were passed on, or else `count` of our own. Raises OSError."""
    if numbers:
        return [socket.socket(fileno=number) for number in numbers]
    return opened(host, port, count=count)
