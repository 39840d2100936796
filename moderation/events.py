"""What happens in moderation, as the outbox tells it."""

from dataclasses import dataclass
from uuid import UUID

from outbox.events import Event


@dataclass(frozen=True)
class RevisionPassed(Event):
    """A revision passed the worker's phases; those that ask other machines come now."""

    revision: UUID


@dataclass(frozen=True)
class DecisionMade(Event):
    """A moderator decided a case."""

    decision: UUID
