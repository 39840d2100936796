"""An OpenID Connect provider on loopback: it asks, says who somebody is, and lies if told to."""

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, CLIENT_SECRET = "colloquy", "a secret between us"
KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
ANOTHER_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)

Claims = dict[str, Any]


@dataclass
class ProviderServer:
    """`person` is who signs in. `bend` changes the ID token's claims, `forge` how it is signed."""

    url: str
    person: Claims = field(
        default_factory=lambda: {"sub": "248289761001", "email": "ada@mail.example"}
    )
    bend: Callable[[Claims], Claims] = lambda claims: claims
    forge: Callable[[Claims], str] | None = None
    #: Answers other than the usual: what stands at a path, and with which status.
    instead: dict[str, tuple[int, Any]] = field(default_factory=dict)
    beside: Claims = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, Claims] = field(default_factory=dict)

    def allow(self, onward: str) -> str:
        """Where a browser goes after the person has said yes at `onward`."""
        asked = dict(parse_qsl(urlsplit(onward).query))
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return _with(asked["redirect_uri"], code=code, state=asked["state"])

    def deny(self, onward: str) -> str:
        """The same, where the person said no."""
        asked = dict(parse_qsl(urlsplit(onward).query))
        return _with(asked["redirect_uri"], error="access_denied", state=asked["state"])

    def id_token(self, **more: Any) -> str:
        """A token about `person`."""
        now = int(time.time())
        usual = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300}
        claims = self.bend({**self.person, **usual, **more})
        return self.forge(claims) if self.forge else sign(claims)

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        """What stands at a path, with its status."""
        self.asked.append(path)
        if path in self.instead:
            return self.instead[path]
        match path:
            case "/.well-known/openid-configuration":
                return 200, {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "userinfo_endpoint": f"{self.url}/userinfo",
                    "jwks_uri": f"{self.url}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }
            case "/keys":
                public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
                return 200, {"keys": [{**public, "kid": "first", "alg": "RS256", "use": "sig"}]}
            case "/token":
                return self.exchange(form)
            case "/userinfo":
                return 200, {**self.person, **self.beside}
        return 404, {}

    def exchange(self, form: dict[str, str]) -> tuple[int, Any]:
        """A code for tokens: once, with the client's secret and the verifier's proof."""
        asked = self.codes.pop(form.get("code", ""), None)
        proof = base64.urlsafe_b64encode(
            hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        )
        if (
            asked is None
            or (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET)
            or asked["redirect_uri"] != form.get("redirect_uri")
            or asked["code_challenge"] != proof.rstrip(b"=").decode()
        ):
            return 400, {"error": "invalid_grant"}
        told = {"id_token": self.id_token(nonce=asked["nonce"])}
        return 200, {"access_token": "of no use later", "token_type": "Bearer", **told}


def sign(claims: Claims, *, key: Any = KEY, algorithm: str = "RS256", kid: str = "first") -> str:
    """As the provider signs, unless told otherwise."""
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})


PAGE = """<!doctype html><title>Newsroom account</title>
<h1>Newsroom account</h1><p><a href="{allow}">Allow</a> <a href="{deny}">Cancel</a></p>"""


@contextmanager
def provider_server() -> Iterator[ProviderServer]:
    """A provider that listens until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/authorize" and path not in provider.instead:
                onward = f"{provider.url}{self.path}"
                page = PAGE.format(
                    allow=html.escape(provider.allow(onward)),
                    deny=html.escape(provider.deny(onward)),
                )
                return self.say(200, page.encode(), "text/html")
            return self.say_json(*provider.answer(path, {}))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.say_json(*provider.answer(urlsplit(self.path).path, form))

        def say_json(self, status: int, said: Any) -> None:
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.say(status, body, "application/json")

        def say(self, status: int, body: bytes, kind: str) -> None:
            with suppress(OSError):  # who asked has heard enough
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"{provider.url}/keys")
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    provider = ProviderServer(f"http://127.0.0.1:{listening.server_port}")
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


def _with(address: str, **told: str) -> str:
    return f"{address}?{urlencode(told)}"
