"""The one table of roles, and that the code asks for each permission in it."""

import ast
from pathlib import Path

import pytest

from publishers import roles
from publishers.roles import TABLE, Permission
from publishers.states import Role

ROOT = Path(__file__).resolve().parents[2]
OWN, L, M, E, G, A = Role  # owner, lead, moderator, editor, legal, analyst


@pytest.mark.parametrize(
    ("permission", "holders"),
    [
        (Permission.REVIEW, [OWN, L, M, G]),  # legal reads what was held, reported and said
        (Permission.DECIDE, [OWN, L, M]),  # but decides nothing
        (Permission.LOCK_NAMES, [OWN, L, M]),
        (Permission.SET_PACE, [OWN, L, M, E]),  # a heated talk is everybody's who sits at it
        (Permission.EDIT_ARTICLES, [OWN, L, E]),
        (Permission.SET_WORDS, [OWN, L]),
        (Permission.SET_UP, [OWN]),  # screening, and a hook that every comment is sent to
        (Permission.APPOINT, [OWN, L]),  # a lead as far as may_appoint goes
        (Permission.KEEP_KEYS, [OWN]),  # a key speaks for the whole site
        (Permission.READ_FIGURES, [OWN, L, A]),  # numbers without people
        (Permission.READ_LOG, [OWN, G]),  # who did what
    ],
)
def test_a_permission_is_held_by_these_roles_and_no_others(permission, holders):
    assert roles.holders(permission) == holders
    assert [role for role in Role if roles.may(role, permission)] == holders


def test_the_table_knows_every_role_and_an_owner_may_all():
    assert list(TABLE) == list(Role)
    assert TABLE[Role.OWNER] == set(Permission)
    assert all(TABLE.values())


@pytest.mark.parametrize(
    ("own", "may_give"),
    [
        (OWN, [OWN, L, M, E, G, A]),  # an owner makes owners
        (L, [M, E, A]),  # not their equals, and not legal, who read what a lead does not
        (M, []),  # who may not appoint gives nothing
        (E, []),
        (G, []),
        (A, []),
    ],
)
def test_nobody_gives_a_role_above_their_own(own, may_give):
    assert roles.appointable_by(own) == may_give
    assert all(TABLE[other] <= TABLE[own] for other in may_give)


def test_the_code_asks_for_each_permission_of_the_table():
    asked = set()
    for app in ("accounts", "articles", "comments", "moderation", "publishers"):
        for path in (ROOT / app).rglob("*.py"):
            if path.name == "roles.py" or "migrations" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Attribute)
                    and getattr(node.value, "id", "") == "Permission"
                ):
                    asked.add(node.attr)

    table = {permission.name for permission in Permission}
    assert asked >= table
    assert asked <= table
