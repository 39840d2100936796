from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, sync_playwright


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hashing is slow on purpose; here it is not what is tested."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def chromium(chromium_path, monkeypatch) -> Iterator[Browser]:
    """A browser for one test that uses the database beside it."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright runs a loop in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield browser
        browser.close()
        connections.close_all()  # beside Playwright's loop the thread has had another connection


@pytest.fixture
def context(chromium) -> BrowserContext:
    """A window of somebody's own."""
    context = chromium.new_context()
    context.set_default_timeout(15_000)
    return context
