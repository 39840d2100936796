"""What prose promises and no linter sees: links lead somewhere, commands and variables exist."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.management import get_commands

from operations.development import PROJECT

FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
IMAGE_SOURCE = re.compile(r"<(?:img|source)\b[^>]*\bsrc(?:set)?=\"([^\"]+)\"")
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
MANAGE = re.compile(r"manage\.py ([a-z][a-z_]+)")
MAKE = re.compile(r"(?:^|[`\s=])make ([a-z]+)\b(?=[`\n]| +[A-Z#])")
MAKE_TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)
#: A variable's row in the table of docs/configuration.md.
DOCUMENTED = re.compile(r"^\| `([A-Z][A-Z_]+)` \|", re.MULTILINE)
#: How config/environment.py and operations/development.py ask for one.
READ = re.compile(r"(?:values\.\w+|environ\.get)\(\s*\"([A-Z][A-Z_]+)\"")


@cache
def pages() -> list[Path]:
    """Every Markdown file of the project, none of what it installs or keeps."""
    where = ("*.md", "docs/**/*.md", "[a-z]*/*.md", "[a-z]*/content/*.md")
    found = {path for pattern in where for path in PROJECT.glob(pattern)}
    return sorted(path for path in found if not path.is_relative_to(PROJECT / "var"))


def anchors(page: Path) -> set[str]:
    """The fragments that lead to a page's headings, as repository hosts make them."""
    headings = HEADING.findall(FENCED.sub("", page.read_text()))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def local_targets(page: Path) -> Iterator[str]:
    """What a page links to or shows, without what is elsewhere on the web."""
    prose = FENCED.sub("", page.read_text())
    for target in [*LINK.findall(prose), *IMAGE_SOURCE.findall(prose)]:
        if not re.match(r"[a-z]+:", target):
            yield unquote(target)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    broken = []
    for target in local_targets(page):
        name, _, fragment = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (fragment and fragment not in anchors(file)):
            broken.append(target)

    assert broken == []


def test_every_variable_of_the_environment_is_documented_and_no_other() -> None:
    code = [PROJECT / "config/environment.py", PROJECT / "operations/development.py"]
    read = {name for path in code for name in READ.findall(path.read_text())}
    documented = set(DOCUMENTED.findall((PROJECT / "docs/configuration.md").read_text()))

    assert documented == read


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_command_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    targets = set(MAKE_TARGET.findall((PROJECT / "Makefile").read_text()))

    assert set(MANAGE.findall(text)) <= set(get_commands()) | {"help"}
    assert set(MAKE.findall(text)) <= targets


def test_pictures_stay_small_enough_to_read_on_the_road() -> None:
    heavy = [path.name for path in PROJECT.glob("docs/images/*") if path.stat().st_size > 250_000]

    assert heavy == []
