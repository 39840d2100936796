"""What the demo newsroom publishes and who talks there, read from `content/`.

Plain Python, no Django: `seed_demo` sends the stories through the publisher API and lets the
readers speak through the services, the pages show the same files as any publisher's own system
would. `content/README.md` describes the files.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

CONTENT = Path(__file__).parent / "content"


class DemoReader(TypedDict):
    """One demo reader; `key` is how the conversation names them."""

    key: str
    display_name: str
    locale: str
    email: str


class DemoReport(TypedDict):
    """One reader's report of a comment."""

    reader: str
    reason: str
    detail: str


class DemoVotes(TypedDict):
    """Which readers voted a comment up and which down."""

    up: list[str]
    down: list[str]


class DemoComment(TypedDict):
    """One comment; `parent` is the `key` of an earlier comment on the same story, or None."""

    story: str
    key: str
    parent: str | None
    reader: str
    locale: str
    minutes_ago: int
    body: str
    votes: DemoVotes
    reactions: NotRequired[dict[str, list[str]]]
    reports: list[DemoReport]
    then: Literal["withdrawn", "edited"] | None
    edited_body: NotRequired[str]
    expect: Literal["published", "held"]


def stories(base_url: str) -> list[dict[str, Any]]:
    """Every story as the body of `PUT /publisher/articles/{external_id}`, newest first.

    `base_url` is where the newsroom stands, without a trailing slash
    (`http://127.0.0.1:8000`); the editions' addresses begin with it.
    """
    return [json.loads(text.replace("{base}", base_url)) for text in _story_texts()]


def readers() -> list[DemoReader]:
    """Everybody who speaks in the conversation."""
    everybody: list[DemoReader] = json.loads(_text("readers.json"))
    return everybody


def conversation() -> list[DemoComment]:
    """All comments, oldest first, so that a parent always comes before its replies."""
    comments: list[DemoComment] = json.loads(_text("conversation.json"))
    return comments


def listed_words() -> list[str]:
    """Words the demo site holds comments for; one held comment contains the first."""
    return ["megawin", "대박코인", "楽して稼げる"]


@cache
def _story_texts() -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in (CONTENT / "stories").glob("*.json")]
    return sorted(texts, key=lambda text: json.loads(text)["published_at"], reverse=True)


def _text(name: str) -> str:
    return (CONTENT / name).read_text(encoding="utf-8")
