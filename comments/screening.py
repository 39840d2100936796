"""Screening: phases look at a draft one after another; the first that does not pass ends it.

A phase is a small function from a draft to a finding, or to None where it has nothing to say,
listed by dotted path in `settings.COMMENT_PHASES`. A phase says where it runs: those of the request
are cheap; those that ask other machines run last, in a Celery task of their own, and nowhere else.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from comments.states import Outcome

if TYPE_CHECKING:
    from accounts.models import User
    from comments.models import Revision
    from publishers.models import Site


@dataclass(frozen=True)
class Draft:
    """A text to be judged, in its place: a post not yet stored, or a stored comment's revision.

    In the worker `revision` is there, with its comment, the comment's thread, parent and author.
    """

    site: "Site"
    author: "User"
    body: str
    body_html: str
    language: str
    comment_id: UUID | None = None
    revision: "Revision | None" = None


@dataclass(frozen=True)
class Finding:
    """What a phase found. `reason` is a stable code its author will be told in words."""

    outcome: Outcome
    reason: str = ""
    score: float | None = None
    threshold: float | None = None
    evidence: str = ""


#: What a phase found that had nothing to say.
NOTHING = Finding(Outcome.PASS)


class Where(Enum):
    """In which process a phase runs. Only one of `NETWORK` may ask another machine."""

    REQUEST = "request"
    WORKER = "worker"
    NETWORK = "network"


class Phase(Protocol):
    """A function marked by `@phase`."""

    name: str
    version: str
    runs_in: Where
    wanted: Callable[["Site"], bool]

    def __call__(self, draft: Draft) -> Finding | None: ...


def phase(
    name: str,
    *,
    version: str,
    runs_in: Where = Where.REQUEST,
    wanted: Callable[["Site"], bool] = lambda site: True,
) -> Callable[[Callable[[Draft], Finding | None]], Phase]:
    """Mark a function as a phase for the sites that want it.

    Raise `version` with every change of what it decides.
    """

    def mark(function: Callable[[Draft], Finding | None]) -> Phase:
        marked = cast("Phase", function)
        marked.name, marked.version, marked.runs_in = name, version, runs_in
        marked.wanted = wanted
        return marked

    return mark


@dataclass(frozen=True)
class Judged:
    """One phase's finding, ready to be stored as a `Verdict`."""

    phase: str
    version: str
    finding: Finding

    @property
    def spoke(self) -> bool:
        """Whether there is anything to be told of it."""
        return self.finding is not NOTHING


@dataclass(frozen=True)
class Screening:
    """What all phases of one place made of a draft."""

    judged: list[Judged] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        return self.judged[-1].finding.outcome if self.judged else Outcome.PASS

    @property
    def reason(self) -> str:
        return self.judged[-1].finding.reason if self.judged else ""


@cache
def phases(where: Where) -> list[Phase]:
    """The phases of one place, in the order of the setting."""
    listed: Iterable[Phase] = map(import_string, settings.COMMENT_PHASES)
    return [each for each in listed if each.runs_in is where]


def wanted(site: "Site", where: Where) -> bool:
    """Whether the site has a phase of this place."""
    return any(each.wanted(site) for each in phases(where))


def screen(draft: Draft, where: Where) -> Screening:
    """Run the phases of `where` on `draft`. Queries are the phases' own."""
    judged: list[Judged] = []
    for each in phases(where):
        if not each.wanted(draft.site):
            continue
        finding = each(draft) or NOTHING
        judged.append(Judged(each.name, each.version, finding))
        if finding.outcome is not Outcome.PASS:
            break
    return Screening(judged)
