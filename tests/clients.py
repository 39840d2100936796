"""Who speaks HTTP with a running install, as any program would."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from typing import Any
from urllib.parse import quote, urlsplit

TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Answer:
    """A status, its headers and the bytes that came with it."""

    status: int
    headers: HTTPMessage
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


@dataclass(frozen=True)
class Client:
    """Somebody with a token, an API key, or nothing. Paths are below `/api/v1/`."""

    base_url: str
    bearer: str | None = None
    origin: str | None = None

    def get(self, path: str) -> Answer:
        return self.send("GET", path)

    def put(self, path: str, body: Any) -> Answer:
        return self.send("PUT", path, body)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        return self.send("POST", path, body, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Ask once. Raises OSError or HTTPException where no whole answer comes back."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent["Content-Type"] = "application/json"
        if self.bearer:
            sent["Authorization"] = f"Bearer {self.bearer}"
        if self.origin:
            sent["Origin"] = self.origin
        server = HTTPConnection(urlsplit(self.base_url).netloc, timeout=TIMEOUT_SECONDS)
        with closing(server):
            text = None if body is None else json.dumps(body)
            server.request(method, f"/api/v1/{path}", text, sent)
            answer = server.getresponse()
            return Answer(answer.status, answer.headers, answer.read())

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Give the results of a list from its first page to its last."""
        cursor = ""
        while cursor is not None:
            answer = self.get(f"{path}&cursor={quote(cursor)}" if cursor else path)
            assert answer.status == 200, answer.raw
            yield from answer.json["results"]
            cursor = answer.json["next"]
