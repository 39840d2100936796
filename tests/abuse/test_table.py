"""docs/permissions.md and the route table name the same addresses: none is open by oversight."""

import pytest

from tests.abuse import table
from tests.abuse.audiences import rule_of
from tests.abuse.table import ALL, CALLS, FIRST, who_may
from tests.routes import ANY, Route

NAMES = [f"{method} {route.path}" for route, method in CALLS]


@pytest.mark.parametrize(("route", "method"), CALLS, ids=NAMES)
def test_every_address_says_who_may_call_it(route: Route, method: str) -> None:
    who = who_may(route, method)
    if who is None and route.cls is None:  # a function does not tell which of them it answers
        who = next(filter(None, (who_may(route, each) for each in ANY)), None)

    assert who, f"docs/permissions.md has no row for {method} {route.path}"
    assert who == "signing in" or rule_of(who)


@pytest.mark.parametrize("row", table.rows(), ids=lambda row: row.path)
def test_every_row_is_of_an_address(row: table.Row) -> None:
    answered = {
        method
        for route in FIRST.values()
        if row.covers(route.path)
        for method in (route.methods if route.cls else row.methods)
    }

    assert answered if row.methods == {ALL} else row.methods <= answered
