"""What happens in notifications, as the outbox tells it."""

from dataclasses import dataclass
from uuid import UUID

from outbox.events import Event


@dataclass(frozen=True)
class NoticeRaised(Event):
    """A reader has something to hear."""

    notice: UUID
