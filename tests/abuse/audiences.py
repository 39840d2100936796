"""What the words in docs/permissions.md mean for somebody at some place."""

from collections.abc import Callable

from publishers.states import Role, Scope
from tests.abuse.cast import Member
from tests.abuse.scene import Place

Rule = Callable[[Member, Place], bool]


def serves(member: Member, place: Place) -> bool:
    """Whether what somebody calls with is for the site of this place."""
    return place.site is None or member.site in (None, place.site)


RULES: dict[str, Rule] = {
    "everyone": lambda member, place: place.is_public,
    "signed in": lambda member, place: member.is_person,
    "readers": lambda member, place: member.is_person and place.is_public and serves(member, place),
    "readers on their site's page": lambda member, place: (
        member.kind in {"reader token", "session"}
        and (member.site is None or member.site.origins.exists())
    ),
    "its author": lambda member, place: (
        member.is_person and place.author == member.user and serves(member, place)
    ),
    "token": lambda member, place: member.kind in {"reader token", "app token"},
    "own pages": lambda member, place: member.kind == "session",
    "the app": lambda member, place: member.kind == "app token",
    "operators": lambda member, place: member.name == "operator",
}


def rule_of(who: str) -> Rule:
    """The rule for a cell of the page. Raises KeyError or ValueError for words nobody explained."""
    kind, _colon, which = who.partition(": ")
    if kind == "staff":
        return _staff({Role(each) for each in which.split(", ") if which})
    if kind.endswith("site key"):
        return _key(Scope(which), its_own=kind == "site key")
    return RULES[who]


def _staff(roles: set[Role]) -> Rule:
    def rule(member: Member, place: Place) -> bool:
        named = member.role in (roles or set(Role))
        return named and place.site in (None, member.staff_of)

    return rule


def _key(scope: Scope, *, its_own: bool) -> Rule:
    def rule(member: Member, place: Place) -> bool:
        fits = not its_own or place.site in (None, member.site)
        return fits and scope in member.scopes

    return rule
