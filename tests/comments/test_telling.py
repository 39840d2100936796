"""Who listens is told after the commit, of the latest, and never at a writer's cost."""

import os
from collections.abc import Callable, Iterator

import pytest
import redis
from django.conf import settings

from comments import selectors, tasks
from comments.models import Comment
from comments.services import counting, lifecycle, pace, telling
from common import changes
from common.cache import GuardedRedis, circuit
from common.changes import Change
from tests.cables import Cable
from tests.factories import CommentFactory, ThreadFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

Told = Callable[[], list[Change]]


@pytest.fixture
def told() -> Iterator[Told]:
    """What was told since the last call, to who listens."""
    prefix = settings.CACHES["default"]["KEY_PREFIX"]
    with redis.Redis.from_url(os.environ["CACHE_URL"]) as server, server.pubsub() as heard:
        heard.subscribe(changes.channel(prefix))
        assert heard.get_message(timeout=5)["type"] == "subscribe"

        def take() -> list[Change]:
            messages = iter(lambda: heard.get_message(timeout=0.1), None)
            return [change for each in messages for change in changes.read_message(each["data"])]

        yield take


def kept(thread_id: object) -> Change | None:
    """What somebody who comes later finds."""
    prefix = settings.CACHES["default"]["KEY_PREFIX"]
    with redis.Redis.from_url(os.environ["CACHE_URL"], decode_responses=True) as server:
        return changes.read_kept(str(thread_id), server.get(changes.key(prefix, str(thread_id))))


def post(thread) -> Comment:
    return lifecycle.post(author=UserFactory(), thread=thread, body="A word from the pier.")


def standing(thread) -> Change:
    head = selectors.thread_head(thread.pk)
    return Change(str(thread.pk), head.version, head.thread.comment_count)


def test_a_comment_is_told_with_the_version_and_the_count_that_the_api_gives(told: Told) -> None:
    thread = ThreadFactory()
    post(thread)

    counting.fold()

    assert told() == [standing(thread)] == [kept(thread.pk)]
    assert standing(thread).comment_count == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda comment: lifecycle.withdraw(comment.pk, author=comment.author),
        lambda comment: lifecycle.edit(comment.pk, author=comment.author, body="Other words."),
        lambda comment: pace.slow(comment.thread_id, seconds=60, actor=UserFactory()),
    ],
    ids=["a withdrawal", "an edit", "slow mode"],
)
def test_whatever_readers_see_otherwise_is_told(
    told: Told, change: Callable[[Comment], object]
) -> None:
    comment = post(ThreadFactory())
    counting.fold()
    [before] = told()

    change(comment)
    counting.fold()

    [after] = told()
    assert after.version > before.version
    assert after == standing(comment.thread)


def test_what_is_told_late_does_not_take_the_place_of_what_is_newer(told: Told) -> None:
    thread = ThreadFactory()
    newer = Change(str(thread.pk), 10, 5)
    telling._publish([newer])

    telling._publish([Change(str(thread.pk), 9, 4)])

    assert kept(thread.pk) == newer


def test_while_the_cache_is_away_counts_are_folded_and_all_is_told_later(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    cable = Cable(os.environ["CACHE_URL"])
    by_cable = GuardedRedis.from_url(cable.url(os.environ["CACHE_URL"]))
    monkeypatch.setattr(telling, "_script", lambda: by_cable.register_script(telling.SCRIPT))
    thread = ThreadFactory()
    with cable.cut():
        post(thread)
        counting.fold()
        assert told() == []

    circuit.close()
    tasks.fold_counts()

    assert told() == [standing(thread)]
    cable.end()


def test_where_nothing_is_live_nothing_is_told(told: Told, settings) -> None:
    settings.LIVE_URL = None
    comment = CommentFactory()

    counting.tell_soon(comment.thread_id)
    counting.fold()

    assert told() == []
