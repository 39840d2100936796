"""What happens to articles, as the outbox tells it."""

from dataclasses import dataclass
from uuid import UUID

from outbox.events import Event


@dataclass(frozen=True)
class ArticleChanged(Event):
    """An article arrived, says something else than before, or was taken back."""

    article: UUID
