"""Link-heavy comments are read by a person first."""

from comments.rendering import links_in
from comments.screening import Draft, Finding, phase
from comments.states import Outcome


@phase("links", version="1")
def hold_link_heavy(draft: Draft) -> Finding | None:
    """Hold a draft with more links than the site lets pass, as they were rendered."""
    links, most = links_in(draft.body_html), draft.site.hold_over_links
    if links <= most:
        return None
    return Finding(Outcome.HOLD, "links", score=links, threshold=most)
