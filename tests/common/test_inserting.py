"""Statements of our own: prepared on the server once they are asked often."""

import pytest

from common.inserting import execute

pytestmark = pytest.mark.django_db
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s"


def test_a_statement_that_is_asked_often_is_prepared_once():
    answers = [execute("SELECT %s::int * 1009", [number]) for number in range(10)]

    assert answers == [(number * 1009,) for number in range(10)]
    assert execute(PREPARED, ["SELECT $1::int * 1009"]) == (1,)
