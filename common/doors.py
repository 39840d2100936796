"""Doors: listening sockets, which outlive the processes that answer at them.

Whoever supervises a process may open its door, keep it, and pass it on by number (`--fd`; systemd
calls that socket activation, and 3 the first). While the process is replaced, who knocks waits.
"""

import socket

#: Who has connected and not been let in yet: more than a crowd brings while a process starts.
BACKLOG = 4_096


def opened(host: str, port: int) -> socket.socket:
    """A door at an address, which takes connections at once. Raises OSError."""
    door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, port))
        door.listen(BACKLOG)
    except OSError:
        door.close()
        raise
    return door


def found(fd: int | None, *, host: str, port: int) -> socket.socket:
    """The door that was passed on, or else one of our own. Raises OSError."""
    return opened(host, port) if fd is None else socket.socket(fileno=fd)
