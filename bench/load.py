"""The load: one process, raw sockets, keep-alive, nothing parsed but status and length.

It shares the machine with what it measures, so it has to be light. Latency is from the moment a
request is handed to the kernel (with a pace: from the moment it was due) to its last byte.
"""

import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

HEADERS_END = b"\r\n\r\n"
LENGTH = b"content-length:"
SILENCE_SECONDS = 60
MOST_CONNECTIONS = 500

#: What is called with each answer: the request's number, the answer's body, the clock.
Listener = Callable[[int, bytes, float], None]


@dataclass
class Slice:
    """What came of one stretch of load."""

    clients: int
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    #: CPU seconds meanwhile, by who spent them (`Stage.spent`).
    spent: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def note(self, client: "Client", answer: tuple[int, bytes], listen: Listener | None) -> float:
        """One answer came, now."""
        status, body = answer
        now = time.perf_counter()
        self.latencies.append(now - client.since)
        self.statuses[status] += 1
        if listen:
            listen(client.number, body, now)
        return now

    def acknowledged(self, *expected: int) -> int:
        """How many answers came, all of them with an expected status. Raises UnexpectedAnswer."""
        if unexpected := {one: n for one, n in self.statuses.items() if one not in expected}:
            raise UnexpectedAnswer(f"answers that must not be: {unexpected}")
        return sum(self.statuses.values())


class UnexpectedAnswer(Exception):
    """The server gave an answer that makes the figure worthless; the text has it."""


class Client:
    """One keep-alive connection with at most one request on its way."""

    __slots__ = ("buffer", "number", "requests", "since", "socket")

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.requests = requests
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.number = 0
        self.since = 0.0

    def send(self, request: bytes, number: int, since: float) -> None:
        self.buffer, self.number, self.since = b"", number, since
        self.socket.sendall(request)

    def take(self) -> tuple[int, bytes] | None:
        """Read what has come; give status and body once an answer is whole."""
        chunk = self.socket.recv(65_536)
        if not chunk:
            raise UnexpectedAnswer(f"the server hung up: {self.buffer[:200]!r}")
        data = self.buffer = self.buffer + chunk if self.buffer else chunk
        end = data.find(HEADERS_END)
        if end < 0:
            return None
        head = data[:end].lower()
        at = head.find(LENGTH)
        if at < 0:
            raise UnexpectedAnswer(f"an answer without a length: {head[:200]!r}")
        stop = head.find(b"\r", at)
        length = int(head[at + len(LENGTH) : stop if stop > 0 else None])
        if len(data) < end + len(HEADERS_END) + length:
            return None
        return int(data[9:12]), data[end + len(HEADERS_END) :]


def run(
    port: int,
    requests: Iterator[bytes] | Sequence[Iterator[bytes]],
    *,
    clients: int,
    seconds: float,
    listen: Listener | None = None,
) -> Slice:
    """Have `clients` connections send one request after another for `seconds`, or until there are
    no more. Every request that was sent is waited for. `requests`: of all, or each client's own.
    """
    result = Slice(clients)
    own = requests if isinstance(requests, Sequence) else [requests] * clients
    everyone = [Client(port, each) for each in own]
    with selectors.DefaultSelector() as selector:
        for client in everyone:
            selector.register(client.socket, selectors.EVENT_READ, client)
        cpu, begun, number, busy = time.process_time(), time.perf_counter(), 0, 0
        for client in everyone:
            if (request := next(client.requests, None)) is not None:
                client.send(request, number, time.perf_counter())
                number, busy = number + 1, busy + 1
        now = begun
        while busy:
            ready = selector.select(SILENCE_SECONDS)
            if not ready:
                raise UnexpectedAnswer(f"no answer within {SILENCE_SECONDS} s")
            for key, _ in ready:
                client = key.data
                answer = client.take()
                if answer is None:
                    continue
                now = result.note(client, answer, listen)
                request = next(client.requests, None) if now - begun < seconds else None
                if request is None:
                    busy -= 1
                    selector.unregister(client.socket)  # the server may end what is idle
                else:
                    client.send(request, number, time.perf_counter())
                    number += 1
        result.seconds = now - begun
        result.cpu_seconds = time.process_time() - cpu
    for client in everyone:
        client.socket.close()
    return result


def paced(
    port: int, requests: Iterator[bytes], *, rate: float, seconds: float, listen: Listener
) -> Slice:
    """Send `rate` requests a second, whether answers come or not: each on a connection that is
    free, or on a new one while there are less than `MOST_CONNECTIONS`. Latency counts from the
    moment a request was due.
    """
    result = Slice(0)
    free: list[Client] = []
    total, number, busy = round(rate * seconds), 0, 0
    with selectors.DefaultSelector() as selector:
        cpu, begun = time.process_time(), time.perf_counter()
        while number < total or busy:
            due = begun + number / rate
            if number < total and due <= time.perf_counter() and busy < MOST_CONNECTIONS:
                if not free:
                    free.append(Client(port, requests))
                    result.clients += 1
                    selector.register(free[-1].socket, selectors.EVENT_READ, free[-1])
                free.pop().send(next(requests), number, due)
                number, busy = number + 1, busy + 1
                continue
            may_send = number < total and busy < MOST_CONNECTIONS
            pause = max(due - time.perf_counter(), 0) if may_send else SILENCE_SECONDS
            ready = selector.select(pause)
            if not ready and not may_send:
                raise UnexpectedAnswer(f"no answer within {SILENCE_SECONDS} s")
            for key, _ in ready:
                if key.data in free:  # the server ends connections that were idle for long
                    free.remove(key.data)
                    selector.unregister(key.data.socket)
                    key.data.socket.close()
                elif answer := key.data.take():
                    result.note(key.data, answer, listen)
                    free.append(key.data)
                    busy -= 1
        result.seconds = time.perf_counter() - begun
        result.cpu_seconds = time.process_time() - cpu
    for client in free:
        client.socket.close()
    return result
