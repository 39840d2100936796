"""The pages render in their own language and fetch nothing from anybody else."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from newsroom import demo, desk

PATHS = ["/"] + [
    f"/news/{locale}/{page}"
    for locale in desk.LOCALES
    for page in ["", "about", *(story["external_id"] for story in demo.stories(""))]
]
STATIC = sorted(Path(finders.find("newsroom/newspaper.css")).parent.rglob("*.*"))


class Page(HTMLParser):
    """What a page is made of: its tags with their attributes."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture
def page(client):
    """Fetch a page that must be there, as somebody whose browser prefers French."""

    def fetch(path):
        response = client.get(path, headers={"accept-language": "fr"})
        assert response.status_code == 200, path
        return Page(response.text)

    return fetch


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_in_its_editions_language_and_names_the_others(page, path):
    shown = page(path)

    locale = path.split("/")[2] if path != "/" else desk.DEFAULT_LOCALE
    assert shown.all("html")[0]["lang"] == locale
    others = [link["hreflang"] for link in shown.all("link") if link["rel"] == "alternate"]
    assert others == list(desk.LOCALES)
    assert len(shown.all("h1")) == 1


@pytest.mark.parametrize("path", PATHS)
def test_a_page_holds_no_inline_script_or_style_and_asks_nobody_else(page, path):
    shown = page(path)

    assert all(script["src"] for script in shown.all("script"))
    assert not shown.all("style")
    for tag, attrs in shown.tags:
        assert "style" not in attrs and not any(name.startswith("on") for name in attrs), tag
        for name in {"src", "href", "url", "action", "data-url"} & attrs.keys():
            assert attrs[name].startswith(("/", "#", f"{settings.PUBLIC_URL}/")), attrs[name]
            assert not attrs[name].startswith("//")


@pytest.mark.parametrize("file", STATIC, ids=lambda file: file.name)
def test_a_file_of_the_pages_asks_nobody_else(file):
    text = file.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")

    assert "//" not in text.replace("*/", "")
    assert "@import" not in text


def test_a_story_page_asks_for_the_thread_and_links_of_its_own_address(page):
    address = f"{settings.PUBLIC_URL}/news/ko/eelgrass-returns"

    shown = page("/news/ko/eelgrass-returns")

    assert [thread["url"] for thread in shown.all("colloquy-thread")] == [address]
    asked = [attrs for attrs in shown.all("div") if "data-related" in attrs]
    assert [(attrs["data-url"], attrs["data-edition"]) for attrs in asked] == [(address, "ko")]


def test_the_front_page_asks_for_a_count_of_each_story(page):
    counted = [count["url"] for count in page("/news/ja/").all("colloquy-count")]

    assert sorted(counted) == sorted(
        f"{settings.PUBLIC_URL}/news/ja/{story['external_id']}" for story in demo.stories("")
    )


def test_a_machine_written_story_says_so_and_names_its_sources(client):
    machine = client.get("/news/en/eelgrass-returns").text
    person = client.get("/news/en/library-of-things").text

    assert "Written by AI" in machine and "Handbook on replanting seagrass" in machine
    assert "Written by AI" not in person


@pytest.mark.parametrize("path", ["/news/fr/", "/news/en/no-such-story"])
def test_what_was_never_published_is_not_found(client, path):
    assert client.get(path).status_code == 404
