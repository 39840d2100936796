"""Texts that parsers take longest over cost little: nobody keeps a server busy by them."""

import json
import time

import pytest

from tests.abuse import hostile, samples
from tests.abuse.scene import Scene, undone

pytestmark = pytest.mark.django_db

#: CPU seconds. `make abuse` holds every such text to a fifth of it; a test shares its processor,
#: and what grows with the square of a text, or faster, takes far more than this.
MOST_CPU = 1.0
TEXTS = [
    text
    for start in (
        "[[",
        "![](",
        "**a *a",
        "_a_*",
        "- a\n",
        "> >",
        "http://a.b",
        "a@b",
        "(((",
        "\u0301",
    )
    for text in [next(each for each in hostile.TEXTS if each.startswith(start))]
]
CALLS = [
    ("POST", "/threads/{thread_id}/comments", "body"),
    ("PATCH", "/threads/{thread_id}/comments/{comment_id}", "body"),
    ("POST", "/render", "body"),
    ("PATCH", "/me", "name"),
    ("PUT", "/publisher/articles/{external_id}", "topics"),
]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text[:10]))
def test_a_long_text_is_cheap_wherever_it_is_sent(scene: Scene, text: str) -> None:
    own = next(each for each in scene.comments if each.name.startswith("own"))
    dear = {}
    for method, path, field in CALLS:
        member = scene.member("site key" if path.startswith("/publisher/") else "reader token")
        body = samples.body_for(method, path) | {field: [text] if field == "topics" else text}
        with undone():
            before = time.process_time()
            answer = member.client.generic(
                method,
                "/api/v1" + path.format(**own.ids),
                json.dumps(body),
                content_type="application/json",
            )
            seconds = time.process_time() - before
        if answer.status_code >= 500 or seconds > MOST_CPU:
            dear[f"{method} {path}"] = answer.status_code, seconds

    assert dear == {}
