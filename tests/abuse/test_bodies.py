"""What cannot be right is refused with 4xx, by every address that reads a body."""

import json
import tracemalloc
from http import HTTPStatus
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.abuse import hostile, samples
from tests.abuse.cast import Member
from tests.abuse.scale import some
from tests.abuse.scene import Place, Scene, undone
from tests.abuse.table import row_of
from tests.routes import API, ROUTES, Route

pytestmark = pytest.mark.django_db

WRITES = ("POST", "PUT", "PATCH")
READING = [
    (route, method)
    for route in API
    for method in route.methods
    if method in WRITES and samples.body_for(method, route.path) is not None
]
NAMES = [f"{method} {route.path}" for route, method in READING]


def asker(scene: Scene, route: Route, method: str) -> tuple[Member, Place]:
    """Somebody who may call this, and where."""
    row = row_of(route.path, method)
    assert row
    place = next(each for each in scene.comments if each.name.startswith("own"))
    if row.who != "its author":
        place = scene.threads[0]
    return scene.member("site key" if "site key" in row.who else "reader token"), place


def send(client: Client, method: str, address: str, sent: hostile.Request) -> HttpResponse:
    with undone():
        return client.generic(
            method, address, sent.body, content_type=sent.content_type, headers=sent.headers
        )


def is_refused(answer: HttpResponse) -> bool:
    return 400 <= answer.status_code < 500


@pytest.mark.parametrize(("route", "method"), READING, ids=NAMES)
def test_a_body_that_cannot_be_right_is_a_problem_of_the_asker(
    scene: Scene, route: Route, method: str
) -> None:
    member, place = asker(scene, route, method)
    wrong = {}
    for sent in hostile.BODIES:
        answer = send(member.client, method, place.address(route), sent)
        told = answer.headers.get("Content-Type") == "application/problem+json"
        if not is_refused(answer) or not told or not answer.json()["code"]:
            wrong[sent.name] = (answer.status_code, answer.content[:80])

    assert wrong == {}


@pytest.mark.parametrize(("route", "method"), READING, ids=NAMES)
def test_every_field_takes_its_own_type_and_no_other(
    scene: Scene, route: Route, method: str
) -> None:
    member, place = asker(scene, route, method)
    sample = samples.body_for(method, route.path)
    wrong = []
    for name in sample:
        for value in hostile.VALUES:
            body = json.dumps({**sample, name: value}).encode()
            answer = send(member.client, method, place.address(route), hostile.Request("", body))
            if not is_refused(answer) and not _is_sound(name, value):
                wrong.append(f"{name}: {str(value)[:20]!r} made {answer.status_code}")

    assert wrong == []


def _is_sound(name: str, value: Any) -> bool:
    """What some field really takes: no links are none, nothing is no parent."""
    return (name, value) in [("related", []), ("value", -1), ("parent", None)]


def test_a_field_nobody_knows_is_named(scene: Scene) -> None:
    unnamed = []
    for route, method in READING:
        member, place = asker(scene, route, method)
        body = {**samples.body_for(method, route.path), "colour": "red"}
        sent = hostile.Request("", json.dumps(body).encode())
        answer = send(member.client, method, place.address(route), sent)
        if "unknown_field" not in answer.content.decode():
            unnamed.append(f"{method} {route.path}")

    assert unnamed == []


PAGES = {
    route.path: route
    for route in ROUTES
    if not route.path.startswith(("/api/", "/admin/")) and "POST" in route.methods
}


@pytest.mark.parametrize("path", PAGES)
def test_pages_and_libraries_end_in_no_500(scene: Scene, path: str) -> None:
    route = PAGES[path]
    address = scene.threads[0].address(route)
    client = scene.member("app token" if "/app/" in path else "session").client
    cookies = client.cookies.copy()
    broken = {}
    for sent in some(hostile.BODIES[3:], 4, path):
        answer = send(client, "POST", address, sent)
        client.cookies = cookies.copy()
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            broken[sent.name] = answer.status_code

    assert broken == {}


def test_hostile_bodies_leave_no_memory_behind(scene: Scene) -> None:
    route, method = READING[0]
    member, place = asker(scene, route, method)
    send(member.client, method, place.address(route), hostile.BODIES[0])
    tracemalloc.start()
    for sent in hostile.BODIES[1:]:
        send(member.client, method, place.address(route), sent)
    left, highest = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert left < 5_000_000
    assert highest < 50_000_000


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "a" * 300, "[::1", "news.example/x", "", "é"]
)
@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/counts?thread=x", "/api/v1/nothing"])
def test_a_host_that_is_not_ours_is_a_problem_below_the_api(
    scene: Scene, path: str, host: str
) -> None:
    answer = Client().get(path, headers={"host": host})

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "bad_request"


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "FOO", "CONNECT"])
def test_a_method_that_is_none_is_refused(scene: Scene, method: str) -> None:
    token = scene.member("reader token").client
    for path in ("/api/v1/me", "/accounts/", "/_allauth/app/v1/auth/session", "/healthz"):
        assert token.generic(method, path).status_code in {302, *range(400, 411)}, path


def test_a_method_cannot_be_told_in_a_header_or_a_field(scene: Scene) -> None:
    client = scene.member("session").client
    override = {"x-http-method-override": "PATCH", "x-method-override": "PATCH"}

    by_header = client.post("/api/v1/me", {}, content_type=hostile.JSON, headers=override)
    by_field = client.post("/api/v1/me?_method=PATCH", {"_method": "PATCH"})

    assert {by_header.status_code, by_field.status_code} == {405}


HEADERS = [
    {"authorization": "Bearer " + "a" * 100_000},
    {"authorization": "Bearer é"},
    {"x-session-token": "é" * 10_000},
    {"cookie": "sessionid=" + "a" * 100_000},
    {"cookie": "; ".join(f"a{n}=b" for n in range(5_000))},
    {"accept-language": "ko-" + "a-" * 50_000},
    {"accept-language": ",".join(["en;q=0.1"] * 20_000)},
    {"if-none-match": '"' * 50_000},
    {"if-match": ",".join(['"a"'] * 20_000)},
    {"idempotency-key": "a" * 100_000},
    {"idempotency-key": "é\t"},
    {"origin": "https://" + "a" * 100_000},
    {"x-forwarded-for": ", ".join(["1.2.3.4"] * 20_000)},
    {"range": "bytes=" + "0-," * 20_000},
    {"accept": "text/html;q=" * 10_000},
]


@pytest.mark.parametrize(
    "headers", HEADERS, ids=lambda headers: f"{next(iter(headers))} {len(str(headers))}"
)
def test_headers_of_any_size_and_kind_end_in_no_500(
    scene: Scene, headers: dict[str, str], settings: Any
) -> None:
    settings.TRUSTED_PROXIES = 1
    thread = scene.threads[0].ids["thread_id"]
    for path in (f"/api/v1/threads/{thread}?edition=ko", "/api/v1/me", "/accounts/login/?next=/"):
        with undone():
            assert Client().get(path, headers=headers).status_code < 500, path
    with undone():
        answer = scene.member("reader token").client.post(
            f"/api/v1/threads/{thread}/comments",
            {"body": "a"},
            content_type=hostile.JSON,
            headers={"idempotency-key": "k", **headers},
        )
    assert answer.status_code < 500
