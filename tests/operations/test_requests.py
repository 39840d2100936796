"""What is done to every request: its id, its line, and what becomes of it when all fails."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from common import logs
from common.permissions import public
from common.problems import server_error

WORDS = "zebracrossing"
ADDRESS = "very.private@mail.example"
A_NEW_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Read = Callable[[], list[dict]]


@public
def store_twice(request: HttpRequest, **ids: str) -> HttpResponse:
    """What nobody foresaw: the database refuses, and its words quote the whole row."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE told (address text PRIMARY KEY, body text)")
        for _ in range(2):
            cursor.execute("INSERT INTO told VALUES (%s, %s)", [ADDRESS, WORDS])
    return HttpResponse()


@public
def fine(request: HttpRequest, **ids: str) -> HttpResponse:
    return HttpResponse()


handler500 = server_error
urlpatterns = [
    path("api/broken/<str:secret>", store_twice),
    path("fine/<uuid:thread_id>/<str:secret>", fine),
    path("healthz", fine),
]


@pytest.fixture
def lines() -> Iterator[Read]:
    """The lines that all loggers made so far, as in production."""
    buffer = io.StringIO()
    handler = logging.StreamHandler(buffer)
    handler.setFormatter(logs.formatter(as_json=True))
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in buffer.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


@pytest.fixture(autouse=True)
def routes(settings) -> None:
    settings.LOG_ALL_REQUESTS = True
    settings.ROOT_URLCONF = __name__


def test_every_answer_carries_the_id_that_its_lines_carry(client, lines):
    thread = "01a201e0-5555-7276-bfd5-2abb79c8de20"
    answer = client.get(f"/fine/{thread}/{WORDS}?q={WORDS}", headers={"User-Agent": WORDS})

    [line] = lines()
    assert A_NEW_ID.fullmatch(answer["X-Request-Id"])
    assert line["request"] == answer["X-Request-Id"]
    assert line["route"] == "fine/<uuid:thread_id>/<str:secret>"
    assert line["thread_id"] == thread
    assert WORDS not in json.dumps(line)


@pytest.mark.parametrize(
    ("proxies", "sent", "taken"),
    [
        (0, "from-anybody-at-all", False),  # nobody stands in front who may name requests
        (1, "from-the-proxy:42", True),
        (1, "short", False),
        (1, "x" * 129, False),
        (1, "a line\nbroken in two", False),
        (1, ADDRESS, False),
    ],
)
def test_an_id_is_taken_over_from_a_trusted_proxy_if_it_looks_like_one(
    client, settings, proxies, sent, taken
):
    settings.TRUSTED_PROXIES = proxies

    answer = client.get("/healthz", headers={"X-Request-Id": sent})

    assert (answer["X-Request-Id"] == sent) is taken


@pytest.mark.django_db(transaction=True)
def test_a_500_names_its_request_and_its_log_quotes_nobody(client, lines):
    client.raise_request_exception = False

    answer = client.post(f"/api/broken/{WORDS}?to={ADDRESS}", {"body": WORDS})

    assert answer.status_code == 500
    assert answer.json()["request_id"] == answer["X-Request-Id"]
    said = lines()
    assert {line["request"] for line in said} == {answer["X-Request-Id"]}
    fault, told = said
    assert fault["logger"] == "django.request"
    assert fault["event"] == "Internal Server Error"
    assert fault["route"] == told["route"] == "api/broken/<str:secret>"
    assert fault["exception"][0]["what"] == "IntegrityError 23505 told told_pkey"
    assert any("test_requests.py" in place for place in fault["exception"][0]["where"])
    assert (told["status"], told["level"]) == (500, "warning")
    assert WORDS not in json.dumps(said)
    assert ADDRESS not in json.dumps(said)


def test_a_check_that_went_well_is_not_worth_a_line(client, lines):
    client.get("/healthz")

    assert lines() == []


def test_one_requests_id_is_not_another_ones(client, lines):
    first, second = (client.get(f"/fine/{'0' * 8}-0000-7000-8000-{'0' * 12}/x") for _ in range(2))

    assert [line["request"] for line in lines()] == [
        first["X-Request-Id"],
        second["X-Request-Id"],
    ]


def test_a_host_that_is_not_ours_is_not_repeated(client, lines):
    client.get("/healthz", headers={"Host": f"{WORDS}.example"})

    said = json.dumps(lines())
    assert WORDS not in said
    assert "DisallowedHost" in said


def test_unless_asked_only_what_failed_or_took_long_has_a_line(client, lines, settings):
    settings.LOG_ALL_REQUESTS = False

    client.get("/fine/01a201e0-5555-7276-bfd5-2abb79c8de20/secret")

    assert not [line for line in lines() if line["event"] == "Answered."]
