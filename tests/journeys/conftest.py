"""One real install for all journeys of a run, and browsers to walk it with.

Of a parallel run's processes one walks them all (tests/parallel.py).
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.install import Install
from tests.journeys.people import Authenticator
from tests.servers import OURS

BUNDLE = Path(__file__).parents[2] / "widget" / "dist" / "colloquy.js"
#: A page is slow on a machine that is busy with everything else.
PATIENCE_MILLISECONDS = 20_000

Visit = Callable[..., BrowserContext]


@pytest.fixture(scope="package")
def install() -> Iterator[Install]:
    """An install of our own, up and seeded; ended by Ctrl-C."""
    if not BUNDLE.exists():
        pytest.fail("The widget is not built: `make test` builds it first.", pytrace=False)
    folder = Path(tempfile.mkdtemp(prefix="journeys-", dir=os.environ[OURS]))
    folder.chmod(0o711)  # as root the servers run as nobody, who must get in
    # Walkers are quicker than readers, and all of them come from one address.
    install = Install(folder, {"COLLOQUY_RATE_LIMITS": "off"})
    install.start()
    yield install
    install.end()
    shutil.rmtree((folder / "servers").resolve())


@pytest.fixture(scope="package")
def authenticator(install: Install) -> Authenticator:
    """The demo moderator's."""
    return Authenticator(install.demo["moderator"]["totp_secret"])


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens a window of somebody's own: no cookies but those given, any width, light or dark.

    Whatever its pages complain of (a policy broken, an error uncaught) fails the test.
    """
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_window(*, width: int = 1280, dark: bool = False, **given: object) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            locale="en",
            **given,
        )
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("page", _listen_to(complaints))
        contexts.append(context)
        return context

    yield open_window
    for context in contexts:
        context.close()
    assert complaints == []


def _listen_to(complaints: list[str]) -> Callable[[Page], None]:
    def listen(page: Page) -> None:
        page.on("console", lambda said: complaints.append(said.text) if _is_fault(said) else None)

    return listen


def _is_fault(said: object) -> bool:
    """Browsers also log every refused call; those are looked at where they matter."""
    return said.type == "error" and not said.text.startswith("Failed to load resource")
