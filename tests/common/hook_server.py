"""A small server on loopback for tests of outbound calls: it answers, hangs, drips, lies."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Call:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HookServer:
    """`answer(handler)` writes the answer; `released` ends whatever hangs."""

    url: str
    answer: Callable[[BaseHTTPRequestHandler], None]
    calls: list[Call] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


def saying(status: int, body: bytes = b"", **headers: str) -> Callable[..., None]:
    """Answer at once."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@contextmanager
def hook_server() -> Iterator[HookServer]:
    """A listening server until the block ends. Has nothing to say at first."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.calls.append(Call(self.path, headers, self.rfile.read(length)))
            with suppress(OSError):  # who called has heard enough
                server.answer(self)

        def log_message(self, *args: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    server = HookServer(f"http://127.0.0.1:{listening.server_port}", saying(204))
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        listening.shutdown()
        listening.server_close()
        thread.join()


def hanging(server: HookServer) -> Callable[..., None]:
    """Say nothing for thirty seconds, or until the test is over."""
    return lambda handler: server.released.wait(30) and None


def dripping(server: HookServer) -> Callable[..., None]:
    """Begin to answer, then a byte now and then."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not server.released.wait(0.05):
            handler.wfile.write(b"x")

    return answer


def ten_megabytes(handler: BaseHTTPRequestHandler) -> None:
    """A body that nobody asked for."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(160):
        handler.wfile.write(b"x" * 65_536)


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
