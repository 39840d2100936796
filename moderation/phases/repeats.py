"""The same text posted again and again across a site. Runs in the worker: it reads and writes."""

import hashlib
from datetime import timedelta

from comments.screening import Draft, Finding, Where, phase
from comments.states import Outcome
from common import clock
from common.inserting import execute
from moderation.folding import fold

LOOKED_BACK = timedelta(hours=24)
#: Below this many folded characters people say the same by chance.
SHORTEST = 15
#: By others: a slogan may be shared; the fourth time somebody should look.
MOST_BY_OTHERS = 3
MOST_BY_AUTHOR = 1

#: Ids grow with time: of two that come at once, the first is nobody's repeat.
REMEMBER_AND_COUNT = """
    WITH remembered AS (
        INSERT INTO moderation_seentext (site_id, digest, comment_id, author_id, seen_at)
        VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (comment_id) DO UPDATE SET digest = EXCLUDED.digest
    )
    SELECT count(*) FILTER (WHERE author_id = %s), count(*) FROM moderation_seentext
    WHERE site_id = %s AND digest = %s AND seen_at > %s AND comment_id < %s
"""


@phase("repeats", version="2", runs_in=Where.WORKER)
def hold_repeated(draft: Draft) -> Finding | None:
    """Hold a text that its author posted elsewhere on the site within a day, or that three other
    comments had already. One statement. Safe twice: a comment is remembered once.
    """
    folded = fold(draft.body)
    if len(folded) < SHORTEST or draft.comment_id is None:
        return None
    digest = hashlib.blake2b(folded.encode(), digest_size=16).digest()
    now, site, author = clock.now(), draft.site.pk, draft.author.pk
    by_author, by_all = execute(
        REMEMBER_AND_COUNT,
        [
            *(site, digest, draft.comment_id, author, now),
            *(author, site, digest, now - LOOKED_BACK, draft.comment_id),
        ],
    ) or (0, 0)
    if by_author >= MOST_BY_AUTHOR:
        return Finding(Outcome.HOLD, "repeated", score=by_author, threshold=MOST_BY_AUTHOR)
    if by_all >= MOST_BY_OTHERS:
        return Finding(Outcome.HOLD, "repeated", score=by_all, threshold=MOST_BY_OTHERS)
    return None
