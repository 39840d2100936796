"""Lines to servers that a test can cut or let hang, and a mail server of any mood.

The run's servers are shared: who wants one away puts a cable between and injures that.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from operations.ports import free_port

CHUNK = 65_536


class Cable:
    """A TCP line through this process to the server of a URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname and parts.port
        self.server = (parts.hostname, parts.port)
        self.flows = threading.Event()
        self.flows.set()
        self.ends: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", free_port()))
        self.port = self.listener.getsockname()[1]
        self._listen()

    def url(self, url: str) -> str:
        """The same URL, by way of this line."""
        parts = urlsplit(url)
        account = parts.netloc.rpartition("@")[0]
        return parts._replace(netloc=f"{account}@127.0.0.1:{self.port}").geturl()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """What is connected is dropped, and who calls is refused."""
        self.end()
        try:
            yield
        finally:
            self.listener = socket.create_server(("127.0.0.1", self.port))
            self._listen()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Who calls is connected; nobody is ever answered. Afterwards all goes on."""
        self.flows.clear()
        try:
            yield
        finally:
            self.flows.set()

    def drop(self) -> None:
        """End all connections; new ones are taken."""
        for end in list(self.ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Refuse, and drop."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.drop()

    def _listen(self) -> None:
        threading.Thread(target=self._accept, args=[self.listener], daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=[near], daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        """Carry what is said both ways until one side ends it."""
        with near, socket.create_connection(self.server) as far:
            self.ends += [near, far]
            forth = threading.Thread(target=self._pump, args=[near, far], daemon=True)
            forth.start()
            self._pump(far, near)
            forth.join()
            self.ends = [end for end in self.ends if end not in (near, far)]

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK):
                self.flows.wait()
                target.sendall(chunk)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class MailServer:
    """SMTP that takes mail, or is in another mood."""

    def __init__(self) -> None:
        self.mood: tuple[bytes, bytes | None] = (b"", b"")
        self.listener = socket.create_server(("127.0.0.1", free_port()))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def saying(self, answer: bytes | None, to: bytes = b"CONNECT") -> Iterator[None]:
        """Answer one command so for a while, or not at all (None)."""
        self.mood = (to, answer)
        try:
            yield
        finally:
            self.mood = (b"", b"")

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=[client], daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, client.makefile("rwb", buffering=0) as line:
            self._reply(line, b"CONNECT")
            while said := line.readline():
                command = said.split()[0].upper()
                self._reply(line, command)
                if command == b"DATA":
                    while line.readline() not in (b".\r\n", b""):
                        pass
                    self._reply(line, b".")

    def _reply(self, line: Any, command: bytes) -> None:
        to, answer = self.mood
        if command != to:
            answer = {b"CONNECT": b"220 mail.example", b"DATA": b"354 go on"}.get(
                command, b"250 ok"
            )
        if answer is not None:
            line.write(answer + b"\r\n")
