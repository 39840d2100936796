"""Where the browser of the browser tests is."""

import os
import shutil
from pathlib import Path

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
