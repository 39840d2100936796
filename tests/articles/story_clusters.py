"""Sixty stories of invented everyday news, told in five articles each: twenty in English, twenty
in Korean, twenty in Japanese. What belongs together is known, so that suggestions can be judged.

`stories/<locale>.txt`: `= name: topic, topic` begins a story; each article of it is three lines
(title, standfirst, body), and a blank line follows. Topics are wide: four stories share each. No
two titles of a story share a rare word (`tests.articles.test_story_clusters`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOCALES = ("en", "ko", "ja")
FOLDER = Path(__file__).parent / "stories"


@dataclass(frozen=True)
class Told:
    """One article of a story."""

    story: str
    locale: str
    number: int
    topics: tuple[str, ...]
    title: str
    standfirst: str
    body: str

    @property
    def external_id(self) -> str:
        return f"{self.locale}-{self.number}"

    def sent(self, origin: str) -> dict[str, Any]:
        """As a publisher's server sends it."""
        return {
            "topics": list(self.topics),
            "editions": [
                {
                    "locale": self.locale,
                    "url": f"{origin}/{self.locale}/{self.external_id}",
                    "title": self.title,
                    "standfirst": self.standfirst,
                    "sections": [{"heading": "", "body": self.body}],
                }
            ],
        }


def told(locale: str) -> list[Told]:
    """The hundred articles of one language."""
    found: list[Told] = []
    for head, *lines in _stories(locale):
        name, _, topics = head.removeprefix("= ").partition(": ")
        for texts in zip(*[iter(lines)] * 3, strict=True):
            found.append(Told(name, locale, len(found), tuple(topics.split(", ")), *texts))
    return found


def _stories(locale: str) -> list[list[str]]:
    stories: list[list[str]] = []
    for line in (FOLDER / f"{locale}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            stories.append([])
        if line:
            stories[-1].append(line)
    return stories
