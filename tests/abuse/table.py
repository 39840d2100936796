"""docs/permissions.md as data: for each address and method, who may call it."""

import re
from dataclasses import dataclass
from functools import cache

from operations.development import PROJECT
from tests.routes import ROUTES, Route

PAGE = PROJECT / "docs" / "permissions.md"
#: Whatever the view answers: libraries' views take more methods than they need.
ALL = "all"
ROW = re.compile(r"^\| `(/[^`]*)` \| ([A-Z, ]+|all) \| ([^|]+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """One line of a table. `path` may end in `*`."""

    path: str
    methods: frozenset[str]
    who: str

    def covers(self, path: str) -> bool:
        """Whether this line is about the path, by name or as one of those below."""
        if self.path.endswith("*"):
            return path.startswith(self.path[:-1])
        return path == self.path


@cache
def rows() -> list[Row]:
    """All lines; those that say more about a path before those that say less."""
    found = [
        Row(path, frozenset(methods.split(", ")), who.strip())
        for path, methods, who in ROW.findall(PAGE.read_text())
    ]
    return sorted(found, key=lambda row: (row.path.endswith("*"), -len(row.path)))


def row_of(path: str, method: str) -> Row | None:
    """The line that says who may call this. A path that is named is not looked for below others;
    None where nothing is said.
    """
    about = [row for row in rows() if row.covers(path)]
    exact = [row for row in about if row.path == path]
    longest = [row for row in about if about and len(row.path) == len(about[0].path)]
    return next((row for row in exact or longest if row.methods & {method, ALL}), None)


#: The first route with a path answers; those behind it are never reached.
FIRST = {route.path: route for route in reversed(ROUTES)}
CALLS = [(route, method) for route in FIRST.values() for method in route.methods]


def who_may(route: Route, method: str) -> str | None:
    """What the page says of a call, if anything."""
    row = row_of(route.path, method)
    return row.who if row else None
