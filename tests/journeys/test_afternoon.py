"""docs/quickstart-publisher.md as a script: each command it shows, and what a browser sees between.

`make afternoon` walks it with 10 000 articles and prints how long each part took.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from operations.ports import free_port
from tests.install import Install, eventually
from tests.journeys.conftest import Visit
from tests.journeys.people import sign_up
from tests.journeys.walking import walked

pytestmark = [
    pytest.mark.requires_browser,
    pytest.mark.skipif(not shutil.which("curl"), reason="no curl: the page's calls are not made"),
]

PAGE = "docs/quickstart-publisher.md"
ARTICLES = os.environ.get("ARTICLES", "60")
STORY = "https://gazette.example/stories/1"
FIRST = "The new lamps do not hum at all."


def test_a_publishers_afternoon(install: Install, visit: Visit, tmp_path: Path) -> None:
    pages = f"http://localhost:{free_port()}"
    given = {
        "COLLOQUY": install.base_url,
        "PAGES": pages,
        "WORK": str(tmp_path),
        "ARTICLES": ARTICLES,
    }
    with walked(PAGE, {**install.environ, **given}) as afternoon:
        afternoon.go_on("Before you begin")
        assert "API key" in afternoon.go_on("Your site and its key")

        told = afternoon.go_on("Your back catalogue")
        assert f"{ARTICLES} new, 0 changed, 0 as they were, 0 refused" in told
        again = {"created": 0, "updated": 0, "unchanged": min(int(ARTICLES), 500), "refused": []}
        assert last_json(told) == again

        rehearsed, done = afternoon.go_on("The comments you have").split("1 skipped: ")
        assert "5 published would be imported" in rehearsed
        assert done.startswith("there is no article at https://gazette.example/old/fish-market")
        assert "6 published imported" in done

        afternoon.go_on("The widget on a page")
        with afternoon.timed("The first comment"):
            eventually(lambda: is_up(pages), within=10, what="the server of the pages")
            page = visit().new_page()
            page.goto(f"{pages}/story-1.html")
            expect(page.locator("[part=comment]")).to_have_count(4)
            with page.expect_popup() as popup:
                page.get_by_role("button", name="Sign in").click()
            sign_up(popup.value, install, address="wren@readers.example", name="Wren")
            page.get_by_role("textbox").fill(FIRST)
            page.get_by_role("button", name="Post", exact=True).click()
            expect(page.locator("article").filter(has_text=FIRST)).to_contain_text("Wren")
            eventually(lambda: comment_count(install) == 5, within=20, what="five comments")

        counts = last_json(afternoon.go_on("Counts on the section page"))["results"]
        assert [each["comment_count"] for each in counts] == [5, 1]
        page.goto(pages)
        expect(page.locator("colloquy-count")).to_have_text(["5 comments", "1 comment"])

        first, *_ = last_json(afternoon.go_on("Related articles"))["results"]
        assert (first["external_id"], first["picked_by"]) == ("story-6", "editor")

        afternoon.go_on("From now on")
        moved = eventually(
            lambda: found(install)["edition"]["url"].endswith("/harbour/lighthouse"),
            within=5,
            what="the story at its new address",
        )
        assert moved
        assert afternoon.ahead == []

    for heading, seconds in afternoon.seconds.items():
        print(f"{seconds:7.1f} s  {heading}")


def last_json(told: str) -> Any:
    """The last thing a part printed, where that is JSON."""
    return json.loads(told.strip().splitlines()[-1])


def is_up(pages: str) -> bool:
    try:
        return urlopen(pages, timeout=5).status == 200
    except OSError:
        return False


def found(install: Install) -> Any:
    """What anybody is told who looks the story up at its first address."""
    return install.client().get(f"threads/lookup?url={quote(STORY)}").json


def comment_count(install: Install) -> int:
    return found(install)["thread"]["comment_count"]
