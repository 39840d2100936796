"""The newsroom's own small publishing system: stories and words shaped for a page.

Plain Python over the files in `content/`; no database, no network.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from newsroom import demo

LOCALES = {"en": "English", "ko": "한국어", "ja": "日本語"}
DEFAULT_LOCALE = "en"


@dataclass(frozen=True)
class Passage:
    """A heading and the paragraphs under it."""

    heading: str
    paragraphs: list[str]


@dataclass(frozen=True)
class Link:
    """One of the editors' related links, as the edition's language has it."""

    url: str
    title: str
    text: str


@dataclass(frozen=True)
class Story:
    """A story in one edition; `language` is that of its text, which may differ from `locale`."""

    external_id: str
    locale: str
    language: str
    url: str
    kicker: str
    title: str
    standfirst: str
    author: str
    published_at: datetime
    modified_at: datetime
    ai_generated: bool
    sources: list[str]
    sections: list[Passage]
    insight: Passage
    related: list[Link]

    @property
    def illustration(self) -> str:
        """The static file that goes with it."""
        return f"newsroom/illustrations/{self.external_id}.svg"

    @property
    def updated(self) -> bool:
        """Whether it was changed on a later day than it appeared."""
        return self.modified_at.date() > self.published_at.date()


@dataclass(frozen=True)
class Section:
    """A part of the front page."""

    key: str
    title: str
    stories: list[Story]


@dataclass(frozen=True)
class FrontPage:
    """The front page of one edition."""

    lead: Story
    beside: list[Story]
    sections: list[Section]


@cache
def front_page(locale: str) -> FrontPage:
    """The edition's front page; addresses are paths on this site."""
    layout, stories = _layout(), _stories(locale)
    return FrontPage(
        lead=stories[layout["lead"]],
        beside=[stories[external_id] for external_id in layout["beside"]],
        sections=[
            Section(
                key=section["key"],
                title=words(locale)["sections"][section["key"]],
                stories=[stories[external_id] for external_id in section["stories"]],
            )
            for section in layout["sections"]
        ],
    )


def story(locale: str, external_id: str) -> Story | None:
    """One story in one edition, or None when there is no such story."""
    return _stories(locale).get(external_id)


def words(locale: str) -> dict[str, Any]:
    """The pages' own words in the edition's language (`content/interface.json`)."""
    return _interface()[locale]


def about(locale: str) -> list[Passage]:
    """The body of the page about the demo."""
    return [_passage(section) for section in words(locale)["about_page"]["sections"]]


@cache
def _stories(locale: str) -> dict[str, Story]:
    bodies = demo.stories("")
    editions = {
        body["external_id"]: edition
        for body in bodies
        for edition in body["editions"]
        if edition["locale"] == locale
    }
    return {
        body["external_id"]: _story(locale, body, editions[body["external_id"]], editions)
        for body in bodies
    }


def _story(
    locale: str,
    body: dict[str, Any],
    edition: dict[str, Any],
    editions: dict[str, dict[str, Any]],
) -> Story:
    external_id = body["external_id"]
    own = words(locale)
    return Story(
        external_id=external_id,
        locale=locale,
        language=_layout()["languages"].get(external_id, {}).get(locale, locale),
        url=edition["url"],
        kicker=own["kickers"][_layout()["kickers"][external_id]],
        title=edition["title"],
        standfirst=edition["standfirst"],
        author=", ".join(own["desks"][author] for author in body["authors"]),
        published_at=datetime.fromisoformat(body["published_at"]),
        modified_at=datetime.fromisoformat(body["modified_at"]),
        ai_generated=body["ai_generated"],
        sources=[source["title"] for source in body["sources"]],
        sections=[_passage(section) for section in edition["sections"]],
        insight=_passage(edition["insight"]),
        related=[_link(link, editions) for link in edition["related"]],
    )


def _link(link: dict[str, str], editions: dict[str, dict[str, Any]]) -> Link:
    if "external_id" not in link:
        return Link(url=link["url"], title=link["title"], text=link["text"])
    edition = editions[link["external_id"]]
    return Link(url=edition["url"], title=edition["title"], text=edition["standfirst"])


def _passage(section: dict[str, str]) -> Passage:
    return Passage(heading=section["heading"], paragraphs=section["body"].split("\n\n"))


@cache
def _layout() -> dict[str, Any]:
    layout: dict[str, Any] = _read("frontpage.json")
    return layout


@cache
def _interface() -> dict[str, dict[str, Any]]:
    interface: dict[str, dict[str, Any]] = _read("interface.json")
    return interface


def _read(name: str) -> Any:
    return json.loads((demo.CONTENT / name).read_text(encoding="utf-8"))
