"""Very long comments are read by a person first."""

from comments.screening import Draft, Finding, phase
from comments.states import Outcome


@phase("length", version="1")
def hold_long(draft: Draft) -> Finding | None:
    """Hold a draft with more characters than the site lets pass."""
    most = draft.site.hold_over_characters
    if len(draft.body) <= most:
        return None
    return Finding(Outcome.HOLD, "long", score=len(draft.body), threshold=most)
