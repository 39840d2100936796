"""One request of somebody somewhere, and whether it was let in."""

import json
import re
from typing import Any

from django.http import HttpResponse

from tests.abuse import samples
from tests.abuse.cast import Member
from tests.abuse.scene import Place, undone
from tests.routes import Route

#: Where pages send who has to sign in first, or once more.
SIGN_IN = re.compile(r"/accounts/(login|reauthenticate|2fa)/")
REFUSALS = {401, 403, 404, 405, 409, 410}
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: What is drawn anew for each answer.
DRAWN = re.compile(
    r'(name="csrfmiddlewaretoken" value|nonce)="[^"]*"|"(challenge|session_token)": ?"[^"]*"'
)


def ask(member: Member, route: Route, method: str, place: Place, body: Any = None) -> HttpResponse:
    """Send what would pass if they may; whatever it changed is undone."""
    address = place.address(route)
    cookies = member.client.cookies.copy()
    with undone():
        if method == "GET":
            answer = member.client.get(address, samples.query_for(route.path, place))
        elif route.path.startswith(("/api/", "/_allauth/")):
            sent = samples.body_for(method, route.path) if body is None else body
            answer = member.client.generic(
                method,
                address,
                json.dumps(sent),
                content_type="application/json",
                headers=samples.headers_for(method, route.path),
            )
        else:
            answer = member.client.generic(method, address)
    member.client.cookies = cookies
    return answer


def was_refused(answer: HttpResponse) -> bool:
    """Whether they were turned away before anything was done."""
    if answer.status_code in {302, 303}:
        return bool(SIGN_IN.match(answer["Location"]))
    return answer.status_code in REFUSALS


def seen(answer: HttpResponse) -> tuple[int, str, str]:
    """All that an asker could tell two answers apart by, without the ids that they named."""
    text = DRAWN.sub("", ID.sub("ID", answer.content.decode()))
    return answer.status_code, ID.sub("ID", answer.headers.get("Location", "")), text
