"""What a line in the log says, and what it never says."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from accounts.models import User
from common import logs

ADDRESS = "very.private@mail.example"
WORDS = "zebracrossing"

Read = Callable[[], list[dict]]


@pytest.fixture(params=[True, False], ids=["json", "words"])
def log(request: pytest.FixtureRequest) -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger that ends in a buffer, formatted in either way."""
    buffer = io.StringIO()
    handler = logging.StreamHandler(buffer)
    handler.setFormatter(logs.formatter(as_json=request.param))
    logger = logging.getLogger("comments.test")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield logger, buffer
    logger.removeHandler(handler)


@pytest.fixture
def lines() -> Iterator[Read]:
    """The lines that all loggers made so far, as JSON."""
    buffer = io.StringIO()
    handler = logging.StreamHandler(buffer)
    handler.setFormatter(logs.formatter(as_json=True))
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in buffer.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def test_a_line_says_when_who_what_and_about_what(lines):
    with logs.about(request="0190", thread="t1"):
        logging.getLogger("comments.x").warning(
            "Slow by %d ms.", 7, extra={"fields": {"comment": "c1"}}
        )
    logging.getLogger("comments.x").warning("Later.")

    first, second = lines()
    assert first.pop("timestamp").endswith("+00:00")
    assert first == {
        "level": "warning",
        "process": "",
        "logger": "comments.x",
        "event": "Slow by 7 ms.",
        "request": "0190",
        "thread": "t1",
        "comment": "c1",
    }
    assert "request" not in second


def duplicate_address() -> None:
    User.objects.create_user(ADDRESS, name="One")
    with transaction.atomic():
        User.objects.create_user(ADDRESS, name="Two")


def refused_by_a_check() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE said (body text CHECK (length(body) < 3)) ON COMMIT DROP"
        )
        cursor.execute("INSERT INTO said VALUES (%s)", [WORDS])


def not_a_number() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::int", [WORDS])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fail", "kind", "says"),
    [
        # DETAIL: Key (email)=(…) already exists.
        (duplicate_address, IntegrityError, "IntegrityError 23505 accounts_user"),
        # DETAIL: Failing row contains (…).
        (refused_by_a_check, IntegrityError, "IntegrityError 23514 said said_body_check"),
        # invalid input syntax for type integer: "…"
        (not_a_number, DataError, "DataError 22P02"),
    ],
)
def test_a_database_error_is_named_without_the_values_it_quotes(log, fail, kind, says):
    logger, buffer = log
    try:
        with transaction.atomic():
            fail()
    except kind as fault:
        logger.exception("Failed: %s", fault)
        said = str(fault.__cause__)

    line = buffer.getvalue()
    assert ADDRESS in said or WORDS in said  # else this tests nothing
    assert f"Failed: {says}" in line
    assert "tests/common/test_logs.py" in line
    assert WORDS not in line
    assert ADDRESS not in line


def raise_with_locals() -> None:
    password = f"hunter2 {WORDS}"  # noqa: F841
    try:
        {}[ADDRESS]
    except KeyError as fault:
        raise ValueError(f"{WORDS} is not valid") from fault


def test_a_traceback_has_places_and_no_variables(log):
    logger, buffer = log
    try:
        raise_with_locals()
    except ValueError:
        logger.exception("Broken.")

    line = buffer.getvalue()
    assert "KeyError" in line
    assert "ValueError" in line
    assert "raise_with_locals" in line
    assert WORDS not in line
    assert "hunter2" not in line
    assert ADDRESS not in line


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (AttributeError("'X' object has no attribute 'y'"), "'X' object has no attribute 'y'"),
        (ConnectionRefusedError(111, "whatever"), "ConnectionRefusedError: Connection refused"),
        (UnicodeEncodeError("ascii", WORDS, 0, 1, WORDS), "UnicodeEncodeError"),
    ],
)
def test_words_that_cannot_quote_are_kept(fault, said):
    assert said in logs.explain(fault)
    assert WORDS not in logs.explain(fault)


def test_an_address_in_somebody_elses_sentence_is_left_out(log):
    logger, buffer = log
    logger.warning("550 <%s> no such mailbox", ADDRESS)

    assert "550 <[address]> no such mailbox" in buffer.getvalue()


def test_a_failed_task_is_named_without_its_arguments_and_its_fault_in_words(lines):
    record = {"name": "screen_comment", "description": "raised unexpected", "exc": WORDS}
    logging.getLogger("celery.app.trace").error(
        "Task %(name)s raised unexpected: %(exc)s\n%(traceback)s",
        {**record, "traceback": WORDS, "args": WORDS},
        extra={"data": record},
    )

    (line,) = lines()
    assert line["event"] == "Task screen_comment raised unexpected."
    assert WORDS not in json.dumps(line)
