"""What becomes of comments when something happened to accounts."""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings

from accounts.events import PlaceholderClaimed, ProfileChanged
from comments import selectors
from comments.services import authorship, telling
from common import cdn
from edge.microcache import KEPT_SECONDS
from outbox.events import consumes
from publishers.events import AnswersChanged
from publishers.services import purging

#: The CDN needs a moment to forget.
TOLD_AFTER_SECONDS = purging.AFTER_SECONDS + 0.5


@consumes(PlaceholderClaimed)
def hand_over(event: PlaceholderClaimed) -> None:
    """What a placeholder wrote is its claimant's. Twice is once: nothing is left to hand over."""
    authorship.hand_over(event.placeholder, to=event.claimant)


@consumes(ProfileChanged, when=lambda event: cdn.is_purged(), after=KEPT_SECONDS)
def purge_pages(event: ProfileChanged) -> None:
    """Have the CDN forget the pages that show an author as they were. No thread's version tells of
    a name, so the edge has to forget it first.
    """
    threads = selectors.threads_written_in(event.user)
    purging.purge_soon(*[f"thread-{each}" for each in threads])


def _tell(changes: Sequence[AnswersChanged]) -> None:
    keys = {key for each in changes for key in each.keys if key.startswith("thread-")}
    telling.tell(*[UUID(key.removeprefix("thread-")) for key in keys])


@consumes(
    AnswersChanged,
    when=lambda event: bool(settings.LIVE_URL),
    prepare=_tell,
    together=True,
    after=TOLD_AFTER_SECONDS,
)
def tell_readers(changes: Sequence[AnswersChanged], told: None) -> None:
    """Tell who listens that threads changed, once the CDN no longer shows them as they were."""
