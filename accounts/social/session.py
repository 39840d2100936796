"""How allauth asks providers: through `common.outbound`, whatever their own documents say.

Where a provider has its keys and its token address is said by a document of its own, so each call
goes to checked addresses, within a time and a size, and follows no redirect.
"""

from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any

import requests
from django.conf import settings
from django.core.cache import cache
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from common import breaker, outbound

SECONDS = 5.0
MOST_BYTES = 262_144
#: Keys and configurations are asked for once in a while, not for each who signs in.
KEPT_SECONDS = 60
#: What the way out says itself.
NOT_PASSED_ON = {"accept-encoding", "connection", "content-length", "user-agent"}


class Answer(requests.Response):
    """What a provider said. As JSON it is an object, or nothing to go by."""

    def json(self, **kwargs: Any) -> dict[str, Any]:
        said = super().json(**kwargs)
        if not isinstance(said, dict):
            raise requests.exceptions.InvalidJSONError("This is JSON, but no object.")
        return said


class GuardedWay(BaseAdapter):
    """Sends a request of `requests` on our one way out. Faults are ConnectionErrors."""

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        url = str(request.url)
        may_be_kept = request.method == "GET" and "Authorization" not in request.headers
        kept = cache.get(_key(url)) if may_be_kept else None
        said = outbound.Answer(*kept) if kept else _ask(request, url)
        if may_be_kept and not kept and said.status == HTTPStatus.OK:
            cache.set(_key(url), (said.status, said.body, said.headers), KEPT_SECONDS)
        answer = Answer()
        answer.status_code = said.status
        answer.headers = CaseInsensitiveDict(said.headers)
        answer.headers.setdefault("content-type", "")
        answer.encoding = "utf-8"
        answer._content, answer._content_consumed = said.body, True
        answer.url, answer.request = url, request
        return answer

    def close(self) -> None:
        """Connections end with their answers."""


class GuardedSession(requests.Session):
    """Nothing is carried from one call to the next, and nothing taken from the environment."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = 0
        self.adapters.clear()
        self.mount("https://", GuardedWay())
        if not settings.IN_PRODUCTION:
            self.mount("http://", GuardedWay())


def _ask(request: requests.PreparedRequest, url: str) -> outbound.Answer:
    headers = {
        name: str(value)
        for name, value in request.headers.items()
        if name.lower() not in NOT_PASSED_ON
    }
    form = request.body  # allauth sends no other
    body = form.encode() if isinstance(form, str) else None
    try:
        with breaker.guarded(url):
            return outbound.send(
                request.method or "GET",
                url,
                headers=headers,
                body=body,
                seconds=SECONDS,
                most_bytes=MOST_BYTES,
            )
    except outbound.OutboundFault as fault:
        raise requests.ConnectionError(str(fault), request=request) from fault


def _key(url: str) -> str:
    return f"provider:{sha256(url.encode()).hexdigest()}"
