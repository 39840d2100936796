"""Telling who listens that threads changed: their versions and counts go to the live process.

Told after the commit, by who folds counts and never by a request. Nothing fails where the cache is
away: what could not be told is told with the next fold.
"""

import logging
import threading
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import Any
from uuid import UUID

import redis
from django.conf import settings

from common import changes
from common.cache import CacheAway, GuardedRedis
from common.changes import Change
from common.inserting import fetch

log = logging.getLogger(__name__)

TOLD_AT_ONCE = 500
#: Who comes back later than this asks the API: a key that is gone says nothing.
KEPT_SECONDS = 24 * 3600
#: More than could not be told while the cache is away is forgotten.
MOST_UNTOLD = 10_000

#: Keeps the later of two changes, whoever is told first; then tells all. Arguments: for how long
#: to keep, the channel, the message, then version and count for each key.
SCRIPT = """
for i, key in ipairs(KEYS) do
  local known = redis.call('GET', key)
  local version, count = ARGV[2*i+2], ARGV[2*i+3]
  if not known or tonumber(string.match(known, '^%d+')) < tonumber(version) then
    redis.call('SET', key, version .. ' ' .. count, 'EX', ARGV[1])
  end
end
redis.call('PUBLISH', ARGV[2], ARGV[3])
"""

#: A thread that is not shown is not told of.
STANDING = """
    SELECT id::text, (
        SELECT coalesce(sum(version), 0)::bigint FROM comments_threadslot
        WHERE thread_id = thread.id
    ), comment_count
    FROM comments_thread AS thread WHERE id = ANY(%s::uuid[]) AND state <> 'off'
"""

_untold: set[UUID] = set()
_lock = threading.Lock()


def tell(*thread_ids: UUID) -> None:
    """Tell where these threads stand now, and those that could not be told before. One query and
    one way to the cache for each TOLD_AT_ONCE; none where nothing is live. Never raises for a cache
    that is away.
    """
    if not settings.LIVE_URL:
        return
    with _lock:
        waiting = {*_untold, *thread_ids}
        _untold.clear()
    try:
        while some := list(islice(waiting, TOLD_AT_ONCE)):
            _publish([Change(*row) for row in fetch(STANDING, [some])])
            waiting.difference_update(some)
    except (CacheAway, redis.RedisError) as fault:
        log.info("Changes of %d threads wait to be told: %s", len(waiting), fault)
    finally:
        with _lock:
            _untold.update(islice(waiting, MOST_UNTOLD))


def _publish(told: Iterable[Change]) -> None:
    prefix = str(settings.CACHES["default"]["KEY_PREFIX"])
    told = list(told)
    arguments: list[Any] = [KEPT_SECONDS, changes.channel(prefix), changes.message(told)]
    for each in told:
        arguments += (each.version, each.comment_count)
    _script()([changes.key(prefix, each.thread) for each in told], arguments)


@cache
def _script() -> Any:
    config: dict[str, Any] = settings.CACHES["default"]
    return GuardedRedis.from_url(config["LOCATION"], **config["OPTIONS"]).register_script(SCRIPT)
