"""What was answered outlives every kill: nothing is lost, nothing doubled, all is decided."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException
from uuid import uuid4

import pytest

from tests.clients import Client
from tests.install import Install, eventually

COMMENTS = 200
READERS = ("platform-two@readers.example", "saltmarsh@readers.example")
AT_ONCE = 4
#: Sent again after one of these: the server was on its way down, or at it already.
PASSING = (409, 500, 502, 503, 504)


class Posting:
    """Readers who post in a thread, each comment under one key until it is answered."""

    def __init__(self, thread: str, readers: list[Client]) -> None:
        self.thread = thread
        self.readers = readers
        #: The id that came back for each key.
        self.answered: dict[str, str] = {}
        #: How often there was no answer, or none that ends it.
        self.repeats = 0
        self.goes_on = True

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Post beside what the caller does; at the end wait for the last answer."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            posts = [pool.submit(self._post, number) for number in range(COMMENTS)]
            try:
                yield
                for post in posts:
                    post.result(timeout=60)
            finally:
                self.goes_on = False

    def wait_for(self, count: int) -> None:
        """Until so many are answered."""
        eventually(lambda: len(self.answered) >= count, within=60, what=f"{count} answers")

    def _post(self, number: int) -> None:
        reader, key = self.readers[number % len(self.readers)], str(uuid4())
        at, body = f"threads/{self.thread}/comments", {"body": f"Thought {number}: {key}"}
        while self.goes_on:
            try:
                answer = reader.post(at, body, Idempotency_Key=key)
            except (OSError, HTTPException):
                answer = None
            if answer and answer.status == 201:
                self.answered[key] = answer.json["id"]
                return
            assert answer is None or answer.status in PASSING, answer.raw
            self.repeats += 1
            time.sleep(0.1)


@pytest.fixture
def posting(install: Install) -> Posting:
    """Two readers, and an article of the demo site that nobody has commented on."""
    site = install.demo["site"]
    story = {"editions": [{"locale": "en", "url": f"https://news.example/{uuid4()}", "title": "…"}]}
    answer = install.client(site["api_key"]).put(f"publisher/articles/{uuid4()}", story)
    [edition] = answer.json["editions"]
    with ThreadPoolExecutor() as pool:
        tokens = pool.map(lambda address: install.reader_token(address, site=site["id"]), READERS)
        return Posting(edition["thread"], [install.client(token) for token in tokens])


def test_what_was_answered_outlives_two_kills_and_is_decided(
    install: Install, posting: Posting
) -> None:
    with posting.under_way():
        posting.wait_for(COMMENTS // 4)
        install.kill_alone()
        install.start()
        posting.wait_for(COMMENTS // 2)
        install.kill_all()
        install.start()

    undecided = (
        "SELECT comment.id FROM comments_comment comment WHERE thread_id = %s AND NOT EXISTS"
        " (SELECT FROM comments_verdict verdict JOIN comments_revision revision"
        " ON revision.id = verdict.revision_id WHERE revision.comment_id = comment.id AND final)"
    )
    eventually(
        lambda: not install.sql(undecided, posting.thread), within=60, what="all are decided"
    )
    anyone = install.client()
    shown = anyone.pages(f"threads/{posting.thread}/comments?sort=oldest&limit=100")
    texts = {comment["id"]: comment["body_html"] for comment in shown}
    assert posting.repeats > 0
    assert len(posting.answered) == len(texts) == COMMENTS
    assert all(key in texts[comment] for key, comment in posting.answered.items())
    eventually(
        lambda: anyone.get(f"threads/{posting.thread}").json["comment_count"] == COMMENTS,
        within=10,
        what="counted exactly",
    )
