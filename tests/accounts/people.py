"""Readers at the popup and in the app, and what reaches their mailboxes."""

import json
import re
from typing import Any
from urllib.parse import urlencode

from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.core import mail
from django.http import HttpResponse
from django.test import Client

from accounts.services import handover
from publishers.models import Site

ORIGIN = "https://news.example"
VERIFIER = "a-verifier-that-the-widget-made-up-and-keeps-to-itself"


def code_from_mail() -> str:
    """The code in the newest mail."""
    found = re.search(r"\b\d{4}-\d{4}\b", str(mail.outbox[-1].body))
    assert found, "no code in the newest mail"
    return found[0]


class Window:
    """The popup as a reader sees it."""

    def __init__(self, opened_for: Site, **changed: str) -> None:
        self.client = Client()
        asked = {
            "site": str(opened_for.pk),
            "origin": ORIGIN,
            "challenge": handover.challenge_of(VERIFIER),
            **changed,
        }
        self.address = f"/signin/widget?{urlencode(asked)}"

    def look(self) -> str:
        """The page as it stands."""
        return str(self.client.get(self.address).content.decode())

    def do(self, action: str, **typed: str) -> HttpResponse:
        """Press a button; where it leads on, the next page."""
        return self.client.post(self.address, {"action": action, **typed}, follow=True)

    def sign_in(self, email: str, name: str = "Ada") -> HttpResponse:
        """By code, choosing a name if asked for one. The last page."""
        self.do("address", email=email)
        page = self.do("code", code=code_from_mail())
        if 'name="name"' in page.content.decode():
            page = self.do("name", name=name)
        return page


def handed_over(page: HttpResponse) -> str | None:
    """The one-time code a page hands to its opener, if it does."""
    found = re.search(r'data-code="([^"]+)"', page.content.decode())
    return found[1] if found else None


class App:
    """A mobile app: allauth's app client, and our API with the same token."""

    def __init__(self, host: str = "testserver") -> None:
        self.host = host
        self.client = Client(enforce_csrf_checks=True, headers={"Host": host})
        self.token: str | None = None

    def call(self, path: str, body: Any = None, method: str = "post") -> HttpResponse:
        """Call the app client, keeping the token it answers with."""
        headers = {"X-Session-Token": self.token} if self.token else {}
        answer = self.client.generic(
            method.upper(),
            f"/_allauth/app/v1/{path}",
            json.dumps(body or {}) if method != "get" else "",
            content_type="application/json",
            headers=headers,
        )
        self.token = answer.json().get("meta", {}).get("session_token", self.token)
        return answer

    def sign_up(self, email: str, **more: str) -> HttpResponse:
        """By code, with or without a name."""
        self.call("auth/signup", {"email": email, **more})
        return self.call("auth/email/verify", {"key": code_from_mail()})


def me(token: str, **headers: str) -> HttpResponse:
    """`GET /me` as a token's bearer."""
    return Client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}", **headers})


def totp_code(secret: str) -> str:
    """What an authenticator app with this secret shows now."""
    now = list(yield_hotp_counters_from_time())[settings.MFA_TOTP_TOLERANCE]
    return str(format_hotp_value(hotp_value(secret, now)))
