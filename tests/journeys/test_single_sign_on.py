"""A publisher with accounts of its own: its readers comment without ever signing in here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.accounts.test_sso_examples import example
from tests.install import Install, eventually
from tests.journeys.conftest import Visit
from tests.journeys.publisher import Publisher, publisher

pytestmark = pytest.mark.requires_browser

STORY = {
    "editions": [
        {
            "locale": "en",
            "url": "https://news.example/en/pier",
            "title": "The pier is open again",
        }
    ]
}
#: What docs/sso.md has publishers write, with a reader's page of their own for signing in.
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>The pier is open again</title>
<main>
  <h1>The pier is open again</h1>
  <colloquy-thread url="https://news.example/en/pier" sso-token=""></colloquy-thread>
</main>
<script type="module" src="{api}/widget/colloquy.js"></script>
<script type="module">
  const thread = document.querySelector('colloquy-thread')
  thread.addEventListener('colloquy:signin-request', async event => {{
    event.preventDefault()
    const answer = await fetch('/comment-token')
    thread.ssoToken = await answer.text()
  }})
</script>
</html>"""


class Newspaper:
    """A site with a sign-in key, and a server that signs with the code of docs/sso.md."""

    def __init__(self, install: Install, pages: Publisher, folder: Path) -> None:
        self.install, self.pages = install, pages
        origins = ["--origin", "https://news.example", "--origin", pages.origin]
        made = install.manage("create_site", "--name", "Pier News", *origins, "--json")
        self.site = json.loads(made)["id"]
        key = json.loads(install.manage("create_sso_key", "--site", self.site, "--json"))
        self.environ = {"COLLOQUY_SITE": self.site, "COLLOQUY_SSO_SECRET": key["secret"]}
        self.code = folder / "sign.py"
        self.code.write_text(example("python", 0))
        server = install.client(json.loads(made)["api_key"])
        article = server.put("publisher/articles/pier", STORY)
        assert article.status == 201, article.raw
        self.thread = article.json["editions"][0]["thread"]
        pages.pages["/en"] = PAGE.format(api=install.base_url).encode()

    def signs_in(self, **reader: object) -> None:
        """From now on who asks this paper's server for a token is this reader."""
        command = f"import sign; print(sign.token_for({reader!r}), end='')"
        done = subprocess.run(
            [sys.executable, "-c", command],
            cwd=self.code.parent,
            env=self.environ,
            capture_output=True,
            check=True,
        )
        self.pages.pages["/comment-token"] = done.stdout


def test_a_publishers_reader_comments_and_a_reader_without_subscription_is_told_why(
    install: Install, visit: Visit, tmp_path: Path
) -> None:
    with publisher() as pages:
        paper = Newspaper(install, pages, tmp_path)
        page = visit(width=420).new_page()
        page.goto(f"{pages.origin}/en")

        paper.signs_in(sub="reader-7", name="Juniper", badges=["Subscriber"])
        sign_in(page, "Juniper")
        write(page, "The lamps on the pier are the old ones.")
        expect(page.locator("[part=comment]")).to_contain_text("The lamps on the pier")

        neighbour = visit().new_page()
        neighbour.goto(f"{pages.origin}/en")
        paper.signs_in(
            sub="reader-8", name="Rowan", may_comment=False, may_comment_why="subscribers_only"
        )
        sign_in(neighbour, "Rowan")
        write(neighbour, "I would have liked new ones.")
        expect(neighbour.get_by_role("alert")).to_have_text("Only subscribers can comment here.")
        expect(neighbour.get_by_role("textbox")).to_have_value("I would have liked new ones.")

        def shown() -> list[dict[str, object]]:
            comments = install.client().get(f"threads/{paper.thread}/comments").json["results"]
            return [comment["author"] for comment in comments]

        [author] = eventually(shown, within=10, what="the comment in public")
        assert (author["name"], author["badges"]) == ("Juniper", ["Subscriber"])


def sign_in(page: Page, name: str) -> None:
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("[part=account]")).to_contain_text(f"Signed in as {name}")


def write(page: Page, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    page.get_by_role("button", name="Post").click()


def test_the_demos_secret_signs_readers_in_on_the_demo_site(
    install: Install, tmp_path: Path
) -> None:
    site = install.demo["site"]
    (tmp_path / "sign.py").write_text(example("python", 0))
    token = subprocess.run(
        [sys.executable, tmp_path / "sign.py"],
        env={"COLLOQUY_SITE": site["id"], "COLLOQUY_SSO_SECRET": site["sso_secret"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()

    answer = install.client(origin="https://news.example").post("auth/sso", {"token": token})

    assert answer.status == 200, answer.raw
    me = install.client(answer.json["token"], origin="https://news.example").get("me")
    assert me.json["name"] == "Juniper"
