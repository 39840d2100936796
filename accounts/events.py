"""What happens to accounts, as the outbox tells it."""

from dataclasses import dataclass
from uuid import UUID

from outbox.events import Event


@dataclass(frozen=True)
class PlaceholderClaimed(Event):
    """Somebody showed that they are who an account stood for; what it wrote is theirs."""

    placeholder: UUID
    claimant: UUID


@dataclass(frozen=True)
class ProfileChanged(Event):
    """An account shows another name or picture than before."""

    user: UUID
