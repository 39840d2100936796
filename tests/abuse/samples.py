"""A sound request for each address that takes one: what would pass if the asker may."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the scene needs Django, and who talks to a running install has none
    from tests.abuse.scene import Place

PAGES = "https://news.example"
STORY = {"editions": [{"locale": "en", "url": f"{PAGES}/new", "title": "A story"}]}
#: Below `/api/v1`, by method and path; None where no JSON is read.
BODIES: dict[str, Any] = {
    "POST /threads/{thread_id}/comments": {"body": "What I think of it."},
    "PATCH /threads/{thread_id}/comments/{comment_id}": {"body": "What I think of it now."},
    "PUT /threads/{thread_id}/comments/{comment_id}/vote": {"value": 1},
    "PUT /threads/{thread_id}/comments/{comment_id}/reactions/{kind}": None,
    "PUT /threads/{thread_id}/comments/{comment_id}/flag": {"reason": "spam"},
    "POST /render": {"body": "What I *think* of it."},
    "PATCH /me": {"locale": "ko"},
    "POST /me/notices/read": {},
    "POST /auth/exchange": {"code": "guessed", "verifier": "v" * 43},
    "POST /auth/sso": {"token": "guessed"},
    "POST /auth/revoke": None,
    "PUT /me/avatar": None,
    "PUT /me/muted/{author_id}": None,
    "POST /threads": {"url": f"{PAGES}/opened"},
    "PUT /publisher/articles/{external_id}": STORY,
    "POST /publisher/articles": None,
    "PUT /publisher/articles/{external_id}/related": {"edition": "en", "related": []},
}


def body_for(method: str, path: str) -> Any:
    """The sample, or an empty object where there is none."""
    return BODIES.get(f"{method} {path.removeprefix('/api/v1')}", {})


def headers_for(method: str, path: str) -> dict[str, str]:
    """What the browser says beside it, where that counts: on which origin the asker's page is."""
    return {"origin": PAGES} if (method, path) == ("POST", "/api/v1/threads") else {}


def query_for(path: str, place: "Place") -> dict[str, Any]:
    """What addresses without ids in their path are asked by."""
    here = {"site": str(place.site.pk) if place.site else ""}
    return {
        "/api/v1/threads/lookup": here | {"external_id": place.ids.get("external_id", "")},
        "/api/v1/counts": {"thread": str(place.ids.get("thread_id", ""))},
        "/api/v1/articles/{article_id}/related": {"edition": "en"},
    }.get(path, {})
