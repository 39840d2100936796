"""Publishers' servers, which sign their readers in."""

import time
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.http import HttpResponse
from django.test import Client

from publishers.models import Site, SsoKey
from publishers.services import sso_keys
from tests.accounts.people import ORIGIN

#: A pair of each kind, made once: RSA takes its time.
PAIRS: dict[str, Any] = {
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "RS256": rsa.generate_private_key(65_537, 2_048),
}


def public_pem(pair: Any) -> str:
    return pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


class Publisher:
    """A publisher with a site and a secret, or another kind of key."""

    def __init__(self, site: Site, algorithm: str = "HS256") -> None:
        self.site = site
        self.algorithm = algorithm
        self.key: SsoKey
        self.signs_with: Any
        if algorithm == "HS256":
            self.key, self.signs_with = sso_keys.make_secret(site=site, name="first")
        else:
            self.signs_with = PAIRS[algorithm]
            pem = public_pem(self.signs_with)
            self.key = sso_keys.add_public_key(site=site, name="first", pem=pem)

    def says(self, subject: str = "reader-7", **changed: Any) -> dict[str, Any]:
        """What a token says; a claim that is None is left out."""
        now = int(time.time())
        site = str(self.site.pk)
        usual = {"iss": site, "aud": site, "sub": subject, "name": "Juniper", "iat": now}
        said = usual | {"exp": now + 60, "jti": str(uuid4())} | changed
        return {claim: value for claim, value in said.items() if value is not None}

    def says_as_coral(self, **changed: Any) -> dict[str, Any]:
        reader = {"id": "reader-7", "email": "j@mail.example", "username": "Juniper"}
        usual = {"jti": str(uuid4()), "exp": int(time.time()) + 60, "user": reader}
        return {claim: value for claim, value in (usual | changed).items() if value is not None}

    def signs(self, said: dict[str, Any], **headers: Any) -> str:
        with_kid = {"kid": self.key.kid, **headers}
        known = {name: value for name, value in with_kid.items() if value is not None}
        return jwt.encode(said, self.signs_with, algorithm=self.algorithm, headers=known)

    def token(self, subject: str = "reader-7", **changed: Any) -> str:
        return self.signs(self.says(subject, **changed))


def sign_on(token: Any, *, origin: str | None = ORIGIN, **more: Any) -> HttpResponse:
    """Bring a publisher's token, as the widget does."""
    return Client().post(
        "/api/v1/auth/sso",
        {"token": token, **more},
        content_type="application/json",
        headers={"Origin": origin} if origin else {},
    )


def code_of(answer: HttpResponse) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
