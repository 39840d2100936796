"""What becomes of comments when something happened to accounts."""

from accounts.events import PlaceholderClaimed
from comments.services import authorship
from outbox.events import consumes


@consumes(PlaceholderClaimed)
def hand_over(event: PlaceholderClaimed) -> None:
    """What a placeholder wrote is its claimant's. Twice is once: nothing is left to hand over."""
    authorship.hand_over(event.placeholder, to=event.claimant)
