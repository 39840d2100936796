"""What changed for the public is purged from the CDN, where there is one that can be told."""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings

from common import cdn, clock
from common.metrics import CDN_KEYS
from common.outbound import OutboundFault
from edge.microcache import FRESH_SECONDS
from outbox.services import relay
from outbox.services.relay import NotYet
from publishers.events import AnswersChanged

log = logging.getLogger(__name__)

#: What was read before a change leaves the edge within a second of it, and has half a second for
#: its way. A CDN that is told sooner would ask for the old once more, and keep it.
AFTER_SECONDS = FRESH_SECONDS + 0.5
#: Of one row.
MOST_KEYS = 100
ASKED_AGAIN_SECONDS = 1


def purge_soon(*keys: str) -> None:
    """Have the CDN forget every answer that has one of these keys, after the caller's transaction.
    One insert, and none without a CDN that can be told.
    """
    if keys and cdn.is_purged():
        now = clock.now().timestamp()
        some = [list(keys[at : at + MOST_KEYS]) for at in range(0, len(keys), MOST_KEYS)]
        relay.record(*[AnswersChanged(each, at=now) for each in some])


def purge(changes: Iterable[AnswersChanged]) -> None:
    """Tell the CDN of all these at once. Twice is once.

    What changed longer ago than answers live there is gone by itself, and no longer told. Raises
    NotYet where the CDN cannot be told now. Keep database transactions out of it.
    """
    lives = settings.CDN_SECONDS + AFTER_SECONDS
    now = clock.now().timestamp()
    wanted: dict[bool, set[str]] = {True: set(), False: set()}
    for each in changes:
        wanted[now < each.at + lives].update(each.keys)
    keys = sorted(wanted[True])
    try:
        cdn.forget(keys)
    except OutboundFault as fault:
        log.warning("The CDN was not told of %d keys: %s", len(keys), fault)
        pause = timedelta(seconds=fault.retry_after or ASKED_AGAIN_SECONDS)
        raise NotYet(str(fault), pause) from None
    CDN_KEYS.labels("purged").inc(len(keys))
    CDN_KEYS.labels("lapsed").inc(len(wanted[False]))
