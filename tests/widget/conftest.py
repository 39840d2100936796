"""A publisher's page in a real browser, with the API answered at the network's edge.

For what a running server cannot be made to do on demand: to be hostile, to end a session in the
middle of a sentence, to lose an answer. The walks with the real server are in `tests/journeys`.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, Route

BUNDLE = Path(__file__).parents[2] / "widget" / "dist" / "colloquy.js"
STREAM_SECONDS = 10
API = "https://comments.example"
PAGE = "https://news.example/en/story"
#: The page's own sheet. It follows the reader's preference, and so must the thread in it.
SHEET = ":root { color-scheme: light dark; background: Canvas; color: CanvasText }"
#: As strict as a publisher may be: no inline styles, and script from the server only.
POLICY = (
    f"default-src 'none'; script-src {API}; connect-src {API}; style-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types lit-html colloquy"
)
THREAD = "01980000-0000-7000-8000-00000000000a"
READER = {"id": "01980000-0000-7000-8000-00000000000b", "name": "Robin"}

Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]


def comment(number: int, **fields: Any) -> dict[str, Any]:
    """A published comment, as the API sends it."""
    return {
        "id": f"01980000-0000-7000-8000-{number:012}",
        "thread": THREAD,
        "parent": None,
        "root": None,
        "depth": 0,
        "answers": None,
        "author": {"id": f"author-{number}", "name": "Ada", "avatar_url": None, "badges": []},
        "body_html": f"<p>Thought {number}</p>",
        "language": "en",
        "edition": "en",
        "status": "published",
        "created_at": f"2026-01-01T00:{number:02}:00Z",
        "edited_at": None,
        "featured": False,
        "votes": {"up": 3, "down": 1},
        "reactions": {},
        "reply_count": 0,
        **fields,
    }


def own(number: int, **fields: Any) -> dict[str, Any]:
    """A comment of READER's, as its author gets it."""
    author = READER | {"avatar_url": None, "badges": []}
    rest = {"body": f"Thought {number}", "reasons": [], "edit_until": "2999-01-01T00:00:00Z"}
    return comment(number, author=author, **(rest | fields))


def problem(status: int, code: str, detail: str, **headers: str) -> Answer:
    return status, {"status": status, "code": code, "detail": detail, "errors": []}, headers


@dataclass
class Server:
    """What the API answers, by "METHOD path" below `/api/v1/`, and what it was asked."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    own: list[dict[str, Any]] = field(default_factory=list)
    reactions: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, Callable[[Request], Answer]] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    #: Streams that wait to be told something. Without `live_url` there are none.
    streams: list[Route] = field(default_factory=list)
    live_url: str | None = None
    version: int = 1

    def calls(self, name: str) -> list[Request]:
        return [request for request in self.asked if _name(request) == name]

    def serve(self, route: Route) -> None:
        request = route.request
        self.asked.append(request)
        answer = self.answers.get(_name(request), self._usual)(request)
        status, body, *headers = answer
        allowed = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "*"}
        route.fulfill(
            status=status,
            content_type="application/json",
            headers=allowed | (headers[0] if headers else {}),
            body="" if body is None else json.dumps(body),
        )

    def tell(self, page: Page, *, comment_count: int) -> None:
        """Say on the open stream that the thread changed, once there is one; the stream ends."""
        stream = self.stream(page)
        self.version += 1
        told = {"thread": THREAD, "version": self.version, "comment_count": comment_count}
        body = f"event: changed\ndata: {json.dumps(told)}\n\n"
        headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "text/event-stream"}
        stream.fulfill(body=body, headers=headers)

    def stream(self, page: Page) -> Route:
        """The stream that a page opened, once it has; forgotten here then."""
        for _ in range(STREAM_SECONDS * 50):
            if self.streams:
                return self.streams.pop()
            page.wait_for_timeout(20)
        raise AssertionError(f"no stream was opened within {STREAM_SECONDS} s")

    def thread(self) -> dict[str, Any]:
        return {
            "id": THREAD,
            "site": "site",
            "state": "open",
            "prompt": "",
            "comment_count": len(self.comments),
            "languages": {},
            "reactions": self.reactions,
            "sorts": ["newest", "oldest"],
            "version": self.version,
            "live_url": self.live_url,
        }

    def _usual(self, request: Request) -> Answer:
        match _name(request):
            case "GET threads/lookup":
                return 200, {
                    "thread": self.thread(),
                    "edition": {"article": "a", "locale": "en", "url": PAGE, "title": "Story"},
                    "comments": {"results": self.comments, "next": None, "previous": None},
                }
            case name if name == f"GET threads/{THREAD}":
                return 200, self.thread()
            case name if name == f"GET threads/{THREAD}/comments":
                return 200, {"results": self.comments, "next": None, "previous": None}
            case "GET counts":
                asked = parse_qs(urlsplit(request.url).query)
                if "thread" in asked:
                    return 200, {"results": [self.thread()]}
                rows = [{"thread": THREAD, "url": url, "comment_count": 12} for url in asked["url"]]
                return 200, {"results": rows}
            case "POST auth/exchange":
                return 200, {"token": "token", "expires_at": "2999-01-01T00:00:00Z"}
            case "GET me":
                return 200, READER
            case name if name.startswith("GET me/threads/"):
                votes = {row["id"]: 1 for row in self.comments[:1]}
                return 200, {"votes": votes, "reactions": {}, "own": self.own, "muted": []}
            case _:
                return problem(404, "not_found", "There is nothing here.")


def _name(request: Request) -> str:
    return f"{request.method} {urlsplit(request.url).path.removeprefix('/api/v1/')}"


@pytest.fixture
def server() -> Server:
    return Server(comments=[comment(2), comment(1)])


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Callable[..., Page]]:
    """Opens the publisher's page. `signed_in`: with a token kept from an earlier visit;
    `isolated`: cut off from the windows it opens.

    Whatever a browser complains of (a policy broken, an error uncaught) fails the test.
    """
    if not BUNDLE.exists():
        pytest.fail("widget/dist is missing: run `make build` first")
    contexts, complaints = [], []

    def open_page(
        *, signed_in: bool = False, dark: bool = False, width: int = 760, address: str = PAGE,
        elements: str = f'<colloquy-thread url="{PAGE}"></colloquy-thread>', policy: str = POLICY,
        isolated: bool = False,
    ) -> Page:  # fmt: skip
        context = browser.new_context(
            color_scheme="dark" if dark else "light", viewport={"width": width, "height": 900}
        )
        contexts.append(context)
        if signed_in:
            token = json.dumps({"token": "token", "expires_at": "2999-01-01T00:00:00Z"})
            key = f"colloquy:token:{API}:site"
            context.add_init_script(f"localStorage[{json.dumps(key)}] ??= {json.dumps(token)}")
        context.route(f"{API}/api/v1/**", server.serve)
        context.route(f"{API}/stream?**", lambda route: server.streams.append(route))
        context.route(
            f"{API}/widget/colloquy.js",
            lambda route: route.fulfill(
                body=BUNDLE.read_text(),
                content_type="text/javascript",
                headers={"Access-Control-Allow-Origin": "*"},
            ),
        )
        html = (
            '<!doctype html><html lang="en"><title>Story</title>'
            '<meta name="viewport" content="width=device-width">'
            '<link rel="stylesheet" href="/page.css">'
            f'<script type="module" src="{API}/widget/colloquy.js"></script>'
            f"<main><h1>Story</h1>{elements}</main></html>"
        )
        headers = {"Content-Security-Policy": policy}
        if isolated:
            headers["Cross-Origin-Opener-Policy"] = "same-origin"
        context.route(
            f"{PAGE}**",
            lambda route: route.fulfill(body=html, content_type="text/html", headers=headers),
        )
        context.route(
            "**/page.css", lambda route: route.fulfill(body=SHEET, content_type="text/css")
        )
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if _is_fault(said) else None)
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _is_fault(said: Any) -> bool:
    """Browsers also log every refused call; those the tests ask for."""
    return said.type == "error" and not said.text.startswith("Failed to load resource")
