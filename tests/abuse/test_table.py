"""docs/permissions.md and the route table name the same addresses: none is open by oversight."""

from tests.abuse import table
from tests.abuse.audiences import rule_of
from tests.abuse.table import ALL, CALLS, FIRST, who_may
from tests.routes import ANY


def test_every_address_says_who_may_call_it() -> None:
    unsaid = []
    for route, method in CALLS:
        who = who_may(route, method)
        if who is None and route.cls is None:  # a function does not tell which of them it answers
            who = next(filter(None, (who_may(route, each) for each in ANY)), None)
        if not who:
            unsaid.append(f"{method} {route.path}")
        else:
            assert who == "signing in" or rule_of(who)

    assert unsaid == [], "docs/permissions.md has no row for these"


def test_every_row_is_of_an_address() -> None:
    stray = []
    for row in table.rows():
        answered = {
            method
            for route in FIRST.values()
            if row.covers(route.path)
            for method in (route.methods if route.cls else row.methods)
        }
        if not (answered if row.methods == {ALL} else row.methods <= answered):
            stray.append(row)

    assert stray == []
