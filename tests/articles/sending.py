"""Stories as a publisher's server sends them."""

from typing import Any

PAGES = "https://news.example"


def edition(locale: str = "en", slug: str = "story", **fields: Any) -> dict[str, Any]:
    """An edition at an address of its own."""
    address = f"{PAGES}/{locale}/{slug}"
    return {"locale": locale, "url": address, "title": f"A story ({locale})", **fields}


def story(*editions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A story in these editions, or in two."""
    return {"editions": list(editions) or [edition("en"), edition("ko")], **fields}


def faults(answer: Any) -> set[tuple[str, str]]:
    """Where a refused story is wrong, and how."""
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return {(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]}
