"""What becomes of comments when something happened to accounts."""

from accounts.events import PlaceholderClaimed, ProfileChanged
from comments import selectors
from comments.services import authorship
from common import cdn
from edge.microcache import KEPT_SECONDS
from outbox.events import consumes
from publishers.services import purging


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
