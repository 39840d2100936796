"""The one way out over HTTP: to addresses that were checked, within a time and a size.

Where we call is said by publishers (their hooks) or by other servers (where a sign-in provider has
its keys), so it may be said by an attacker who would like us to ask our own network. A host's name
is resolved here, every address it has is checked, and the connection goes to an address that was
checked; what DNS says afterwards makes no difference. TLS still knows the server by its name.

It stands on httpcore, the engine of httpx. What httpx would add to it, redirects, cookies,
proxies from the environment and decompression, is what must not happen here.
"""

import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, ClassVar

import httpcore
import httpx
from django.conf import settings

from common.addresses import is_allowed

ALWAYS_SENT = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "Colloquy"}
MOST_HEADER_BYTES = 16_384
#: Of a host's addresses so many are tried.
MOST_TRIED = 3
WRITTEN_AT_ONCE = 16_384
LONGEST_WAIT_ASKED = 60


class OutboundFault(Exception):
    """A call that gave no answer to go by.

    `code` is stable. The text names the host and never a path, a query or a header: keys stand
    there. `retry_after`: the seconds that the other side asked us to wait.
    """

    code: ClassVar[str] = "outbound_fault"

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(f"{self.code}: {detail}")
        self.retry_after = retry_after


class BlockedAddress(OutboundFault):
    """Not an address we may call. Nothing was sent, nobody was connected to."""

    code: ClassVar[str] = "blocked_address"


class TimedOut(OutboundFault):
    """All of it together took too long."""

    code: ClassVar[str] = "timed_out"


class TooLarge(OutboundFault):
    """The answer is longer than we read."""

    code: ClassVar[str] = "too_large"


class Unreachable(OutboundFault):
    """No name, no connection, no trust, or no HTTP."""

    code: ClassVar[str] = "unreachable"


class BadStatus(OutboundFault):
    """An answer other than 2xx where only such will do; redirects are not followed."""

    code: ClassVar[str] = "bad_status"


class BadAnswer(OutboundFault):
    """An answer that is not what was agreed on. For callers who read one."""

    code: ClassVar[str] = "bad_answer"


@dataclass(frozen=True)
class Answer:
    """An answer, read whole. Names of headers are in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    seconds: float = 3.0,
    most_bytes: int = 65_536,
) -> Answer:
    """POST `body` and read the answer, all within `seconds`, from name to last byte.

    Raises OutboundFault, for an answer other than 2xx too. Keep database transactions out of it.
    """
    return send(
        "POST", url, body=body, headers=headers, seconds=seconds, most_bytes=most_bytes, good=True
    )


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    seconds: float = 3.0,
    most_bytes: int = 65_536,
    good: bool = False,
    trusted: bool = False,
) -> Answer:
    """Ask and read the answer, whatever its status unless only a `good` one (2xx) will do.

    `trusted`: the operator named the address, who may call what they like in their own network.
    Raises OutboundFault. Keep database transactions out of it.
    """
    target = _target(url)
    host = target.host.decode()
    sent = [*ALWAYS_SENT.items(), *headers.items()]
    way = _Way(time.monotonic() + seconds, most_bytes + MOST_HEADER_BYTES, trusted)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_tls(), network_backend=way) as pool,
            pool.stream(method, target, headers=sent, content=body) as response,
        ):
            return _read(host, response, most_bytes, good=good)
    except httpcore.TimeoutException:
        raise TimedOut(host) from None
    except (httpcore.NetworkError, httpcore.ProtocolError) as fault:
        raise Unreachable(f"{host}: {type(fault).__name__}") from None


def _target(url: str) -> httpcore.URL:
    """The parts of a URL that may be called. Raises BlockedAddress for all others."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        raise BlockedAddress("this is no URL") from None
    if parts.scheme not in {"http", "https"} or not parts.host or parts.userinfo:
        raise BlockedAddress("only http and https with a host and without a password are called")
    if parts.port is not None and not 0 < parts.port < 65_536:
        raise BlockedAddress("there is no such port")
    return httpcore.URL(
        scheme=parts.raw_scheme, host=parts.raw_host, port=parts.port, target=parts.raw_path
    )


def _read(host: str, response: httpcore.Response, most_bytes: int, *, good: bool) -> Answer:
    """The whole answer. Raises BadStatus, TooLarge, BadAnswer."""
    if sum(len(name) + len(value) for name, value in response.headers) > MOST_HEADER_BYTES:
        raise TooLarge(host)
    headers = {name.lower(): value for name, value in response.headers}
    if good and not 200 <= response.status < 300:
        asked = headers.get(b"retry-after", b"")
        wait = min(int(asked), LONGEST_WAIT_ASKED) if asked.isdigit() and len(asked) < 9 else None
        raise BadStatus(f"{host} answered {response.status}", retry_after=wait)
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise BadAnswer(f"{host} compressed its answer unasked")
    body = b""
    for piece in response.iter_stream():
        body += piece
        if len(body) > most_bytes:
            raise TooLarge(host)
    said = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}
    return Answer(response.status, body, said)


class _Way(httpcore.NetworkBackend):
    """Opens connections to checked addresses; each has until `deadline` and so many bytes."""

    def __init__(self, deadline: float, most_bytes: int, trusted: bool) -> None:
        self.deadline = deadline
        self.most_bytes = most_bytes
        self.trusted = trusted

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to one of the host's addresses, tried in turn, each with its share of the
        time that is left.
        """
        find = _resolved if self.trusted else _checked_addresses
        addresses = find(host, port, self.deadline)[:MOST_TRIED]
        refused: Exception = Unreachable(host)
        for number, address in enumerate(addresses):
            share = _left(self.deadline) / (len(addresses) - number)
            try:
                stream = httpcore.SyncBackend().connect_tcp(address, port, timeout=share)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as fault:
                refused = fault
            else:
                return _Stream(stream, self.deadline, self.most_bytes)
        raise refused


class _Stream(httpcore.NetworkStream):
    """A connection that ends at a moment, however slowly it drips, and after so many bytes."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float, bytes_left: int) -> None:
        self._stream = stream
        self._deadline = deadline
        self._bytes_left = bytes_left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        got = self._stream.read(max_bytes, _left(self._deadline))
        self._bytes_left -= len(got)
        if self._bytes_left < 0:
            raise TooLarge("more came than we read")
        return got

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Like the stream's own, but its time-outs are for one piece of one piece: who reads a
        byte now and then would hold us for as long as he likes. `sendall` has one for all.
        """
        connection: socket.socket = self._stream.get_extra_info("socket")
        for start in range(0, len(buffer), WRITTEN_AT_ONCE):
            try:
                connection.settimeout(_left(self._deadline))
                connection.sendall(buffer[start : start + WRITTEN_AT_ONCE])
            except TimeoutError:
                raise httpcore.WriteTimeout from None
            except OSError as fault:
                raise httpcore.WriteError(str(fault)) from None

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _Stream(secured, self._deadline, self._bytes_left)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _checked_addresses(host: str, port: int, deadline: float) -> list[str]:
    """All addresses of a host. Raises BlockedAddress if one of them may not be called: a host
    that is here and there is nowhere to go.
    """
    addresses = _resolved(host, port, deadline)
    if not all(is_allowed(each, settings.OUTBOUND_ALLOWED_NETWORKS) for each in addresses):
        raise BlockedAddress(f"{host} is, or is also, at an address that is not public")
    return addresses


def _resolved(host: str, port: int, deadline: float) -> list[str]:
    """What the system's resolver says. It has no time-out, so it is asked in a thread."""
    said: SimpleQueue[list[str] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            said.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as fault:
            said.put(fault)

    Thread(target=ask, name="resolver", daemon=True).start()
    try:
        answer = said.get(timeout=_left(deadline))
    except Empty:
        raise httpcore.ConnectTimeout from None
    if isinstance(answer, Exception) or not answer:
        raise Unreachable(f"{host} has no address")
    return answer


def _left(deadline: float) -> float:
    """Seconds until `deadline`. Raises a time-out where there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout
    return seconds


@cache
def _tls() -> ssl.SSLContext:
    """The system's and certifi's authorities; reading them takes some milliseconds, so once."""
    return httpcore.default_ssl_context()
