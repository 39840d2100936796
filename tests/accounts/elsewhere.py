"""Readers who sign in with an account elsewhere."""

import html
import re
from typing import Any

from django.http import HttpResponse
from django.test import Client

from config import providers
from tests.accounts.provider_server import CLIENT_ID, CLIENT_SECRET, ProviderServer

LOGIN = "/accounts/oidc/newsroom/login/"


def offering(provider: ProviderServer, **more: Any) -> dict[str, Any]:
    """SOCIALACCOUNT_PROVIDERS for an operator's file that names this provider."""
    told = {
        "name": "Newsroom account",
        "server_url": provider.url,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        **more,
    }
    return providers.in_allauths_words({"oidc": {"newsroom": told}}, https_only=False)


def set_out(client: Client, login: str = LOGIN, **form: str) -> str:
    """Press "Continue with …": the provider's address that we lead on to."""
    return onward_of(client.post(login, form))


def onward_of(page: HttpResponse) -> str:
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.content.decode())
    assert found, page.content.decode()
    return html.unescape(found[1])


def sign_in(client: Client, provider: ProviderServer, **form: str) -> HttpResponse:
    """There and back, saying yes: our answer to the provider's."""
    return client.get(provider.allow(set_out(client, **form)))
