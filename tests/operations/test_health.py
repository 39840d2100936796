"""`/healthz` and `/readyz`, with each server there, refusing and hanging."""

import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection, connections

from common import clock
from operations import health
from outbox.models import OutboxRow

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_SECONDS = health.PATIENCE_SECONDS
CHECKS = ["database", "migrations", "outbox", "screening", "broker", "cache"]


@pytest.fixture(autouse=True)
def nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """No look's result, and no thread that still hangs, from the test before."""
    for look in health.LOOKS.values():
        monkeypatch.setattr(look, "under_way", None)
    monkeypatch.setattr(health, "_failing", set())


@pytest.fixture(autouse=True)
def a_busy_machine_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing hangs, a test is not about how long servers are waited for."""
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 10)


@pytest.fixture
def usual_patience(monkeypatch: pytest.MonkeyPatch, a_busy_machine_is_waited_for) -> None:
    """Servers are waited for as long as in production."""
    monkeypatch.setattr(health, "PATIENCE_SECONDS", PATIENCE_SECONDS)


@pytest.fixture
def closed_port() -> int:
    """A port that refuses."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture
def hanging_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        yield mute.getsockname()[1]


@pytest.fixture
def move(monkeypatch: pytest.MonkeyPatch, settings) -> Callable[[str, int], None]:
    """Have one of the servers looked for at another port."""

    def to(name: str, port: int) -> None:
        if name == "database":
            config = connections.settings["default"]
            monkeypatch.setitem(config, "PORT", port)
        elif name == "broker":
            settings.CELERY_BROKER_URL = at(settings.CELERY_BROKER_URL, port)
        else:
            config = settings.CACHES["default"]
            monkeypatch.setitem(config, "LOCATION", at(config["LOCATION"], port))

    return to


def at(url: str, port: int) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f":{parts.password}@127.0.0.1:{port}").geturl()


def due_row(*, task: str, ago: timedelta, done_ago: timedelta | None = None) -> OutboxRow:
    now = clock.now()
    return OutboxRow.objects.create(
        event="comments.RevisionSubmitted",
        payload={},
        consumer="moderation.screen_revision:comments.RevisionSubmitted",
        task=task,
        recorded_at=now - ago,
        due_at=now - ago,
        done_at=None if done_ago is None else now - done_ago,
    )


def test_a_process_that_answers_lives(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")

    assert answer.status_code == 200


def test_an_install_with_everything_there_is_ready(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert answer.json()["status"] == "ready"
    assert {name: facts["ok"] for name, facts in answer.json()["checks"].items()} == dict.fromkeys(
        CHECKS, True
    )


@pytest.mark.usefixtures("usual_patience")
@pytest.mark.parametrize("port", ["closed_port", "hanging_port"])
@pytest.mark.parametrize(
    ("away", "status", "word"),
    [
        ("database", 503, "not ready"),  # nothing can be read
        ("broker", 200, "degraded"),  # posting goes on, work waits
        ("cache", 200, "degraded"),  # reading and posting go on
    ],
)
def test_a_server_that_is_away_is_named_within_a_second(
    client, move, request, away, status, word, port
):
    move(away, request.getfixturevalue(port))

    for _ in range(10):  # a busy machine may make another server late as well
        began = time.monotonic()
        answer = client.get("/readyz")
        took = time.monotonic() - began
        assert took < 3  # a second, and what a busy machine takes beside
        check = answer.json()["checks"][away]
        assert check == {"ok": False, "why": f"The {away} does not answer."}
        if answer.json()["status"] == word:
            break

    assert (answer.status_code, answer.json()["status"]) == (status, word)
    assert "127.0.0.1" not in answer.content.decode()


@pytest.mark.usefixtures("usual_patience")
def test_who_asks_while_a_server_hangs_starts_no_second_look(client, move, hanging_port):
    move("broker", hanging_port)
    looks = []
    look = health.LOOKS["broker"]
    original = look.look
    look.look = lambda: (looks.append(1), original())[1]
    try:
        for _ in range(3):
            client.get("/readyz")
    finally:
        look.look = original

    assert len(looks) <= 2


def test_results_are_kept_for_a_second(client):
    client.get("/readyz")
    first = {name: look.under_way for name, look in health.LOOKS.items()}

    client.get("/readyz")

    assert {name: look.under_way for name, look in health.LOOKS.items()} == first


def test_waiting_migrations_make_an_install_not_ready(client):
    health._require_migrations.cache_clear()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'outbox' RETURNING app, name")
        gone = cursor.fetchall()
    try:
        answer = client.get("/readyz")
    finally:
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", gone
            )

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == {"ok": True}
    assert answer.json()["checks"]["migrations"] == {
        "ok": False,
        "why": "Migrations are waiting: run `manage.py migrate`.",
    }


@pytest.mark.parametrize(
    ("task", "ago", "amiss"),
    [
        ("outbox.deliver", timedelta(seconds=50), []),
        ("outbox.deliver", timedelta(seconds=70), ["outbox"]),
        ("screen_comment", timedelta(seconds=20), []),
        ("screen_comment", timedelta(seconds=40), ["screening"]),
        ("screen_comment", timedelta(seconds=70), ["outbox", "screening"]),
    ],
)
def test_work_that_waits_too_long_degrades(client, task, ago, amiss):
    due_row(task=task, ago=ago)

    answer = client.get("/readyz")

    checks = answer.json()["checks"]
    assert answer.status_code == 200
    assert [name for name in CHECKS if not checks[name]["ok"]] == amiss
    assert checks["outbox"]["lag_seconds"] == pytest.approx(ago.total_seconds(), abs=5)
