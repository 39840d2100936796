"""docs/staff.md says what the code does: its tables are the tables."""

import re

import pytest

from operations.development import PROJECT
from publishers import roles
from publishers.roles import Permission
from publishers.states import Role, Scope
from tests.architecture.test_scopes import VIEWS

PAGE = (PROJECT / "docs/staff.md").read_text()


def rows(first: str) -> list[list[str]]:
    """The rows of the table that begins with this heading cell, without its two head lines."""
    table = re.search(rf"^\| {first} \|.*(?:\n\|.*)+", PAGE, re.MULTILINE)
    assert table
    lines = table[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_of_roles_is_the_one_in_the_code():
    head, _rule, *said = rows("permission")

    assert head[1:-1] == list(Role)
    assert [row[0].strip("`") for row in said] == list(Permission)
    for row in said:
        held = [role for role, mark in zip(Role, row[1:-1], strict=True) if mark]
        assert held == roles.holders(Permission(row[0].strip("`"))), row[0]


@pytest.mark.parametrize("scope", list(Scope))
def test_each_scope_says_what_it_opens(scope):
    [said] = [row[1] for row in rows("scope") if row[0] == f"`{scope}`"]

    opened = [
        f"`{method} {path}`"
        for path, cls in VIEWS.items()
        for method, needed in cls.scopes.items()
        if needed == scope
    ]
    assert said == ", ".join(opened)
