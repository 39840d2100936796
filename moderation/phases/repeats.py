"""The same text posted again and again across a site. Runs in the worker: it reads and writes."""

import hashlib
from datetime import timedelta

from django.db.models import Count, Q

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


@phase("repeats", version="2", runs_in=Where.WORKER)
def hold_repeated(draft: Draft) -> Finding | None:
    """Hold a text that its author posted elsewhere on the site within a day, or that three other
    comments had already. Two statements. Safe twice: a comment is remembered once.
    """
    folded = fold(draft.body)
    if len(folded) < SHORTEST or draft.comment_id is None:
        return None
    seen = SeenText(
        comment_id=draft.comment_id,
        site=draft.site,
        digest=hashlib.blake2b(folded.encode(), digest_size=16).digest(),
        author=draft.author,
        seen_at=clock.now(),
    )
    SeenText.objects.bulk_create(
        [seen], update_conflicts=True, unique_fields=["comment"], update_fields=["digest"]
    )
    # Ids grow with time: of two that come at once, the first is nobody's repeat.
    earlier = SeenText.objects.filter(
        site=draft.site,
        digest=seen.digest,
        seen_at__gt=clock.now() - LOOKED_BACK,
        comment__lt=draft.comment_id,
    )
    counts = earlier.aggregate(by_all=Count("pk"), own=Count("pk", filter=Q(author=draft.author)))
    if counts["own"] >= MOST_BY_AUTHOR:
        return Finding(Outcome.HOLD, "repeated", score=counts["own"], threshold=MOST_BY_AUTHOR)
    if counts["by_all"] >= MOST_BY_OTHERS:
        return Finding(Outcome.HOLD, "repeated", score=counts["by_all"], threshold=MOST_BY_OTHERS)
    return None
