"""A real nginx and a real Varnish before the edge, by the configuration that we ship."""

import getpass
import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
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

from comments.selectors import is_current
from common.calls import Handler
from common.charsets import in_utf8_only
from config.public import key_of
from edge.wsgi import Edge
from operations.development import PROJECT
from operations.processes import dying_with
from tests.install import eventually, free_port
from tests.servers import OURS

REQUIRED = os.environ.get("REQUIRE_CACHES") == "1"
HOST, LIVE_HOST = "comments.example", "live.example"
START_SECONDS = 20


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
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)

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
        super().__init__(address, port, timeout=START_SECONDS, context=context)
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
    edge = Edge(in_utf8_only(Handler()), key_of=key_of, is_current=is_current)

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
    with _folder() as folder:
        vcl = folder / "varnish.vcl"
        shipped = (PROJECT / "deploy" / "varnish.vcl").read_text()
        vcl.write_text(shipped.replace('"8000"', f'"{web}"').replace('"8001"', f'"{live}"'))
        command = ["varnishd", "-F", "-j", "none", "-n", str(folder / "run"), "-f", str(vcl)]
        command += ["-a", f"127.0.0.1:{port}", "-s", "malloc,16m"]
        with _running(command, folder, port):
            yield Cache(port)


@contextmanager
def nginx(*, web: int, live: int) -> Iterator[Cache]:
    """nginx by deploy/nginx.conf, before these ports."""
    plain = free_port()
    secure = plain + 1
    with _folder() as folder:
        make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        make += ["-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
        make += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
        subprocess.run(make, check=True, capture_output=True)
        conf = (PROJECT / "deploy" / "nginx.conf").read_text()
        for pattern, ours in {
            r"^user .*;": f"user {getpass.getuser()};",
            r"/run/nginx.pid": f"{folder}/nginx.pid",
            r"/var/log/nginx/error.log": f"{folder}/error.log",
            r"/var/lib/nginx/colloquy": f"{folder}/cache",
            r"/etc/letsencrypt/\S+/fullchain.pem": f"{folder}/cert.pem",
            r"/etc/letsencrypt/\S+/privkey.pem": f"{folder}/key.pem",
            r"^ *listen \[::\].*\n": "",
            r"listen 443": f"listen 127.0.0.1:{secure}",
            r"listen 80": f"listen 127.0.0.1:{plain}",
            r"127\.0\.0\.1:8000": f"127.0.0.1:{web}",
            r"127\.0\.0\.1:8001": f"127.0.0.1:{live}",
            r"^http \{": f"http {{\n    client_body_temp_path {folder}/body;\n"
            f"    proxy_temp_path {folder}/proxy;\n    fastcgi_temp_path {folder}/fastcgi;\n"
            f"    uwsgi_temp_path {folder}/uwsgi;\n    scgi_temp_path {folder}/scgi;",
        }.items():
            conf, found = re.subn(pattern, ours, conf, flags=re.MULTILINE)
            assert found, pattern
        (folder / "nginx.conf").write_text(conf)
        command = ["nginx", "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
        with _running(command, folder, secure):
            tls = ssl.create_default_context()
            tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
            yield Cache(secure, tls)


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="cache-", dir=os.environ[OURS]))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    if not shutil.which(command[0], path=f"{os.environ['PATH']}:/usr/sbin"):
        if REQUIRED:
            pytest.fail(f"REQUIRE_CACHES=1, but there is no {command[0]} here.", pytrace=False)
        pytest.skip(f"no {command[0]} here")
    log = folder / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            stdout=said,
            stderr=said,
            env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"},
            preexec_fn=dying_with(os.getpid(), signal.SIGTERM),
        )
    try:
        what = f"{command[0]} listens; it says {log.read_text()[-500:]!r}"
        eventually(lambda: _listens(process, port), within=START_SECONDS, what=what)
        yield
    finally:
        process.terminate()
        process.wait()


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    assert process.poll() is None
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
