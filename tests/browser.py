"""The browser of the browser tests: where it is, and one of it for all tests of a process."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ON_A_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")

#: CI says so: then a missing browser is a failure, not a skipped test.
REQUIRED = os.environ.get("REQUIRE_BROWSER") == "1"


def find_chromium() -> str | None:
    """Give the path of a Chromium or Chrome: `CHROMIUM`, or the first that is installed."""
    if given := os.environ.get("CHROMIUM"):
        return given
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or (str(ON_A_MAC) if ON_A_MAC.exists() else None)


class Chromium:
    """A browser that is started once.

    Playwright's loop counts as running in this thread for as long as the browser lives, even while
    nobody asks it anything, and Django asks no database beside a loop. So the loop is only to be
    seen while somebody has the browser at hand.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def __enter__(self) -> Self:
        self.playwright = sync_playwright()
        chromium = self.playwright.start().chromium
        self.browser = chromium.launch(executable_path=self.path, args=["--no-sandbox"])
        self.loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        return self

    def __exit__(self, *failure: object) -> None:
        asyncio._set_running_loop(self.loop)
        self.browser.close()
        self.playwright.__exit__(*failure)
        asyncio._set_running_loop(None)

    @contextmanager
    def at_hand(self) -> Iterator[Browser]:
        """The browser; windows that are still open in the end are closed."""
        asyncio._set_running_loop(self.loop)
        try:
            yield self.browser
            for context in self.browser.contexts:
                context.close()
        finally:
            asyncio._set_running_loop(None)
