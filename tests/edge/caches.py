"""A real nginx and a real Varnish before the edge, by the configuration that we ship."""

import http.client
import os
import shutil
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.db import connections

from bench import shipped
from comments.selectors import is_current
from common.calls import Handler
from common.charsets import in_utf8_only
from config.public import ShortWay, key_of
from edge.wsgi import Edge
from operations.ports import free_port
from tests.servers import OURS

REQUIRED = os.environ.get("REQUIRE_CACHES") == "1"
HOST, LIVE_HOST = "comments.example", "live.example"
PATIENCE_SECONDS = 20


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Cache:
    """A cache that listens, by plain HTTP or by TLS."""

    port: int
    tls: ssl.SSLContext | None = None

    def connection(self) -> http.client.HTTPConnection:
        if self.tls:
            return _Named("127.0.0.1", self.port, self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)

    def speaks(self, protocol: str) -> bool:
        """Whether it chooses this protocol where it has the choice."""
        assert self.tls
        self.tls.set_alpn_protocols([protocol, "http/1.1"])
        connection = self.connection()
        connection.connect()
        try:
            return connection.sock.selected_alpn_protocol() == protocol
        finally:
            connection.close()
            self.tls.set_alpn_protocols(["http/1.1"])

    def ask(self, path: str, *, method: str = "GET", host: str = HOST, **more: Any) -> Answer:
        """One request over a connection of its own. `more`: its headers, and its `body`."""
        body = more.pop("body", None)
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        connection = self.connection()
        connection.request(method, path, body, {"Host": host, **headers})
        answer = connection.getresponse()
        said = {name.lower(): value for name, value in answer.getheaders()}
        try:
            return Answer(answer.status, said, answer.read())
        finally:
            connection.close()


class _Named(http.client.HTTPSConnection):
    """TLS to an address, under the name that the server expects."""

    def __init__(self, address: str, port: int, context: ssl.SSLContext) -> None:
        super().__init__(address, port, timeout=PATIENCE_SECONDS, context=context)
        self.context = context

    def connect(self) -> None:
        plain = socket.create_connection((self.host, self.port), self.timeout)
        self.sock = self.context.wrap_socket(plain, server_hostname=HOST)


@dataclass
class Origin:
    """Colloquy behind its edge, in this process: `asked` holds what reached it."""

    port: int
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def paths(self) -> list[str]:
        return [each["PATH_INFO"] for each in self.asked]


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def origin() -> Iterator[Origin]:
    """Serve Colloquy's WSGI application, on the tests' database, until the block ends."""
    whole = in_utf8_only(Handler())
    edge = Edge(whole, reads=ShortWay(whole), key_of=key_of, is_current=is_current)

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        here.asked.append(environ)
        try:
            return edge(environ, start_response)
        finally:
            connections.close_all()  # a thread for each connection

    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
    server.daemon_threads = True
    server.set_app(application)
    here = Origin(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def varnish(*, web: int, live: int) -> Iterator[Cache]:
    """Varnish by deploy/varnish.vcl, before these ports."""
    port = free_port()
    with _folder("varnishd") as folder:
        command = shipped.varnish(folder, web=web, live=live, port=port)
        with shipped.running(command, folder, port):
            yield Cache(port)


@contextmanager
def nginx(*, web: int, live: int) -> Iterator[Cache]:
    """nginx by deploy/nginx.conf, before these ports."""
    port = free_port()
    with _folder("nginx") as folder:
        command = shipped.nginx(folder, web=web, live=live, port=port)
        with shipped.running(command, folder, port):
            tls = ssl.create_default_context()
            tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
            yield Cache(port, tls)


@contextmanager
def _folder(program: str) -> Iterator[Path]:
    """A folder for a program, which has to be there."""
    if not shipped.is_there(program):
        if REQUIRED:
            pytest.fail(f"REQUIRE_CACHES=1, but there is no {program} here.", pytrace=False)
        pytest.skip(f"no {program} here")
    folder = Path(tempfile.mkdtemp(prefix="cache-", dir=os.environ[OURS]))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
