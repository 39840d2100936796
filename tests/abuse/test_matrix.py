"""Every address, tried by everybody, with ids of both publishers, of what is hidden, of nothing.

Generated from the route table and docs/permissions.md: what is new is tried by itself. Everybody
is tried at each address, of those who are all one to it some; at which places, is shared among the
addresses (tests.abuse.scale).
"""

from http import HTTPStatus

import pytest

from tests.abuse.asking import ask, seen, was_refused
from tests.abuse.audiences import rule_of
from tests.abuse.cast import Member
from tests.abuse.scale import some
from tests.abuse.scene import Place, Scene
from tests.abuse.table import CALLS, who_may
from tests.routes import ANY, Route

pytestmark = pytest.mark.django_db

#: Whose steps depend on more than who asks: who may take them is let in or not.
LIBRARIES = ("/accounts/", "/_allauth/")
#: Who stands for everyone: what they call with is not looked at.
ANYBODY = ("anonymous", "reader token of there", "site key")
#: Who comes nearest to entering the admin.
NO_OPERATORS = ("anonymous", "reader token", "owner", "operator without second factor")
#: What means nothing in the steps of signing in, and whose answer it therefore gets.
MEANINGLESS = {
    "reader token": "guessed token",
    "site key": "guessed token",
    "reader token as a cookie": "anonymous",
    "site key as a cookie": "anonymous",
}


TRIED = [
    (route, method)
    for route, method in CALLS
    if who_may(route, method) not in (None, "signing in") and not route.path.startswith("/admin/")
]


def tried(scene: Scene, who: str, row: str) -> list[Member]:
    """Everybody whom an address may tell apart. Roles are one where it is not for staff, keys where
    it is for none, and so are all who come with nothing that holds: of each group some.
    """
    all_one = [
        [] if who.startswith("staff") else [each for each in scene.members if each.role],
        [] if "site key" in who else [each for each in scene.members if each.scopes],
        [each for each in scene.members if each.kind == "nobody" and each.name not in ANYBODY],
    ]
    left_out = [each for group in all_one for each in group if each not in some(group, 4, row)]
    return [each for each in scene.members if each not in left_out]


@pytest.mark.parametrize(
    ("route", "method"), TRIED, ids=[f"{method} {route.path}" for route, method in TRIED]
)
def test_who_is_not_named_is_refused_and_learns_nothing(
    scene: Scene, route: Route, method: str
) -> None:
    who = who_may(route, method) or ""
    rule = rule_of(who)
    wrong = []
    for member in tried(scene, who, f"{method} {route.path}"):
        shut = [each for each in scene.places(route) if not rule(member, each)]
        nothing = None
        for place in some(shut, len(shut), f"{method} {route.path} {member}"):
            answer = ask(member, route, method, place)
            if not was_refused(answer):
                wrong.append(f"{member}, {place}: let in with {answer.status_code}")
            elif route.ids and not _may_know(who, member, place):
                nothing = nothing or seen(ask(member, route, method, scene.absent))
                if seen(answer) != nothing:
                    wrong.append(f"{member}, {place}: {answer.status_code} tells that it exists")

    assert wrong == []


OURS = [(route, method) for route, method in TRIED if not route.path.startswith(LIBRARIES)]


@pytest.mark.parametrize(
    ("route", "method"), OURS, ids=[f"{method} {route.path}" for route, method in OURS]
)
def test_who_is_named_is_let_in(scene: Scene, route: Route, method: str) -> None:
    who = who_may(route, method) or ""
    rule = rule_of(who)
    asked = [
        (f"{member}, {place}", ask(member, route, method, place))
        for member in tried(scene, who, f"{method} {route.path}")
        if who != "everyone" or member.name in ANYBODY
        for open_to in [[each for each in scene.places(route) if rule(member, each)]]
        for place in some(open_to, len(open_to), f"{method} {route.path} {member}")
    ]

    shut_out = [
        (name, answer.status_code)
        for name, answer in asked
        if was_refused(answer) or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    ]
    assert shut_out == []
    assert asked, "nobody of the cast is named: nothing was tried"


def _may_know(who: str, member: Member, place: Place) -> bool:
    """Whether somebody may be told that what is not theirs to change exists: it is their own, it
    is public, or they are on the staff there.
    """
    if place.site and member.staff_of == place.site and who.startswith("staff"):
        return True
    return place.author == member.user or (who == "its author" and place.is_public)


ADMIN = [
    (route, method)
    for route, method in CALLS
    if route.path.startswith("/admin/") and method in ANY and who_may(route, method) == "operators"
]


def test_the_admin_lets_in_nobody_but_operators(scene: Scene) -> None:
    wrong = [
        f"{method} {route.path}, {name}: {answer.status_code}"
        for route, method in ADMIN
        for name in some(NO_OPERATORS, 2, f"{method} {route.path}")
        for answer in [ask(scene.member(name), route, method, scene.threads[0])]
        if not was_refused(answer)
    ]

    assert wrong == []


STEPS = [(route, method) for route, method in CALLS if who_may(route, method) == "signing in"]


@pytest.mark.parametrize(
    ("route", "method"), STEPS, ids=[f"{method} {route.path}" for route, method in STEPS]
)
def test_a_step_of_signing_in_knows_no_readers_token(
    scene: Scene, route: Route, method: str
) -> None:
    for name, stranger in some([*MEANINGLESS.items()], 2, f"{method} {route.path}"):
        members = scene.member(name), scene.member(stranger)
        one, other = (seen(ask(each, route, method, scene.absent)) for each in members)
        assert one == other, name
