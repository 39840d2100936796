"""The same text posted again and again across a site. Runs in the worker: it reads and writes."""

import hashlib
from datetime import timedelta

from comments.screening import Draft, Finding, Where, phase
from comments.states import Outcome
from common import clock
from moderation.folding import fold
from moderation.models import SeenText

LOOKED_BACK = timedelta(hours=24)
#: Below this many folded characters people say the same by chance.
SHORTEST = 15
#: By others: a slogan may be shared; the fourth time somebody should look.
MOST_BY_OTHERS = 3
MOST_BY_AUTHOR = 1


@phase("repeats", version="1", runs_in=Where.WORKER)
def hold_repeated(draft: Draft) -> Finding | None:
    """Hold a text that its author posted elsewhere on the site within a day, or that three other
    comments had already. Three queries. Safe twice: a comment is remembered once.
    """
    folded = fold(draft.body)
    if len(folded) < SHORTEST or draft.comment_id is None:
        return None
    digest = hashlib.blake2b(folded.encode(), digest_size=16).digest()
    SeenText.objects.update_or_create(
        comment_id=draft.comment_id,
        defaults={
            "site": draft.site,
            "digest": digest,
            "author": draft.author,
        },
        create_defaults={
            "site": draft.site,
            "digest": digest,
            "author": draft.author,
            "seen_at": clock.now(),
        },
    )
    earlier = SeenText.objects.filter(
        site=draft.site, digest=digest, seen_at__gt=clock.now() - LOOKED_BACK
    ).exclude(comment_id=draft.comment_id)
    by_author = earlier.filter(author=draft.author).count()
    if by_author >= MOST_BY_AUTHOR:
        return Finding(Outcome.HOLD, "repeated", score=by_author, threshold=MOST_BY_AUTHOR)
    by_all = earlier.count()
    if by_all >= MOST_BY_OTHERS:
        return Finding(Outcome.HOLD, "repeated", score=by_all, threshold=MOST_BY_OTHERS)
    return None
