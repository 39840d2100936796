import pytest
from playwright.sync_api import Browser, BrowserContext


@pytest.fixture
def context(chromium: Browser) -> BrowserContext:
    """A window of somebody's own."""
    context = chromium.new_context()
    context.set_default_timeout(15_000)
    return context
