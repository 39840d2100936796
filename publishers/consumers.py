"""What the ground does when the outbox says that something changed."""

from collections.abc import Sequence

from outbox.events import consumes
from publishers.events import AnswersChanged
from publishers.services import purging


@consumes(
    AnswersChanged,
    task="publishers.purge_answers",
    prepare=purging.purge,
    together=True,
    after=purging.AFTER_SECONDS,
)
def purge_answers(changes: Sequence[AnswersChanged], purged: None) -> None:
    """Purge what changed from the CDN. All is done before the transaction: it is a network away."""
