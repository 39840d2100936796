"""Screening: phases look at a draft one after another; the first that does not pass ends it.

A phase is a small function from a draft to a finding, or to None where it has nothing to say,
listed by dotted path in `settings.COMMENT_PHASES`. Phases of the request are cheap and need no
network; phases of the worker run in Celery.
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
    from publishers.models import Site


@dataclass(frozen=True)
class Draft:
    """A text to be judged, in its place: a post not yet stored, or a stored comment's revision."""

    site: "Site"
    author: "User"
    body: str
    body_html: str
    language: str
    comment_id: UUID | None = None


@dataclass(frozen=True)
class Finding:
    """What a phase found. `reason` is a stable code its author will be told in words."""

    outcome: Outcome
    reason: str = ""
    score: float | None = None
    threshold: float | None = None
    evidence: str = ""


class Where(Enum):
    """In which process a phase runs."""

    REQUEST = "request"
    WORKER = "worker"


class Phase(Protocol):
    """A function marked by `@phase`."""

    name: str
    version: str
    runs_in: Where

    def __call__(self, draft: Draft) -> Finding | None: ...


def phase(
    name: str, *, version: str, runs_in: Where = Where.REQUEST
) -> Callable[[Callable[[Draft], Finding | None]], Phase]:
    """Mark a function as a phase. Raise `version` with every change of what it decides."""

    def mark(function: Callable[[Draft], Finding | None]) -> Phase:
        marked = cast("Phase", function)
        marked.name, marked.version, marked.runs_in = name, version, runs_in
        return marked

    return mark


@dataclass(frozen=True)
class Judged:
    """One phase's finding, ready to be stored as a `Verdict`."""

    phase: str
    version: str
    finding: Finding


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
    """The site's phases of one place, in the order of the setting."""
    listed: Iterable[Phase] = map(import_string, settings.COMMENT_PHASES)
    return [each for each in listed if each.runs_in is where]


def screen(draft: Draft, where: Where) -> Screening:
    """Run the phases of `where` on `draft`. Queries are the phases' own."""
    judged: list[Judged] = []
    for each in phases(where):
        finding = each(draft) or Finding(Outcome.PASS)
        judged.append(Judged(each.name, each.version, finding))
        if finding.outcome is not Outcome.PASS:
            break
    return Screening(judged)
