"""The mail server that the page's settings name: submission with STARTTLS and a password."""

import asyncio
import base64
import email.policy
import ssl
import threading
from email.message import EmailMessage

GREETED = b"250-mail.example\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"


class Mailbox:
    """Takes mail from who knows the password, over TLS only, and keeps it."""

    def __init__(self, port: int, *, tls: ssl.SSLContext, user: str, password: str) -> None:
        self.mails: list[EmailMessage] = []
        self.port, self.tls = port, tls
        self.proof = base64.b64encode(f"\0{user}\0{password}".encode())
        self.listening = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._listen()), daemon=True).start()
        assert self.listening.wait(timeout=10)

    def to(self, address: str) -> list[EmailMessage]:
        """The mails to an address, oldest first."""
        return [mail for mail in self.mails if mail["To"] == address]

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._talk, "127.0.0.1", self.port)
        self.listening.set()
        await server.serve_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        encrypted = known = False
        writer.write(b"220 mail.example\r\n")
        while said := await reader.readline():
            verb, *rest = said.split() or [b""]
            match [verb.upper(), *rest]:
                case [b"EHLO", *_]:
                    writer.write(GREETED)
                case [b"STARTTLS"]:
                    writer.write(b"220 go on\r\n")
                    await writer.drain()
                    await writer.start_tls(self.tls)
                    encrypted = True
                case [b"AUTH", b"PLAIN", proof] if encrypted:
                    known = proof == self.proof
                    writer.write(b"235 welcome\r\n" if known else b"535 who are you?\r\n")
                case [b"DATA"] if known:
                    writer.write(b"354 go on\r\n")
                    text = await reader.readuntil(b"\r\n.\r\n")
                    # typeshed knows the older kind of message only
                    mail = email.message_from_bytes(text[:-5], policy=email.policy.default)
                    self.mails.append(mail)  # type: ignore[arg-type]  # as said above
                    writer.write(b"250 taken\r\n")
                case [b"QUIT"]:
                    writer.write(b"221 bye\r\n")
                    break
                case _ if known:
                    writer.write(b"250 ok\r\n")
                case _:
                    writer.write(b"530 say who you are, over TLS\r\n")
        await writer.drain()
        writer.close()
