"""Leaky buckets: the arithmetic of every limit, for all processes at once.

A bucket takes `amount` drops and leaks empty in `seconds`. A request is a drop in each of its
buckets, or, where one would run over, in none of them: what was refused is not counted, and the
wait until there is room again is known. A bucket is one number in the cache, the moment at which
it will be empty, so that a look and the drop are one step of one script and one way there and back.

While the cache is away, each process counts by itself (`Memory`); `common.cache` sees to it that
few requests wait for the news.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import redis
from django.conf import settings

from common import clock
from common.cache import CacheAway, GuardedRedis

#: Buckets that a process keeps at most. Above, those that are empty go; then all.
MOST_KEPT = 50_000


class Kind(StrEnum):
    """What a bucket does with a drop."""

    LIMIT = "limit"  # refuses what would make it run over
    METER = "meter"  # refuses nothing; hot after more than `amount` drops within `seconds`
    IN_HEAT = "in heat"  # a limit that holds only while the meter before it is hot
    ONCE = "once"  # where it has its drop, what comes is a repeat: nothing is counted or refused


@dataclass(frozen=True)
class Bucket:
    """So many drops at once, and as many again over so many seconds.

    A meter stays hot for `cooling` seconds, and longer while `amount` more come in that time.
    """

    key: str
    amount: int
    seconds: float
    kind: Kind = Kind.LIMIT
    cooling: float = 0

    @property
    def step(self) -> float:
        """For how long one drop is in it, in milliseconds."""
        return 1_000 * self.seconds / self.amount


@dataclass(frozen=True)
class Spill:
    """What refused, and for how many seconds."""

    bucket: Bucket
    wait: float


#: For each key four arguments: kind, step and span in milliseconds (of a meter: amount, span), and
#: a meter's cooling. Answers which key refused (0: none) and for how many milliseconds.
SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local empty, refused, wait, hot = {}, 0, 0, false
for i, key in ipairs(KEYS) do
  local kind, step, span = ARGV[4*i-3], tonumber(ARGV[4*i-2]), tonumber(ARGV[4*i-1])
  local stored = tonumber(redis.call('GET', key) or 0)
  if kind == 'once' then
    if stored > 0 then return {0, 0} end
    empty[i] = now + span
  elseif kind == 'meter' then
    hot = stored > step
  elseif kind == 'limit' or hot then
    empty[i] = math.max(stored, now) + step
    local over = empty[i] - now - span
    if over > wait then refused, wait = i, over end
  end
end
if refused > 0 then return {refused, math.ceil(wait)} end
for i, key in ipairs(KEYS) do
  if ARGV[4*i-3] == 'meter' then
    local count, amount = redis.call('INCR', key), tonumber(ARGV[4*i-2])
    if count == 1 then
      redis.call('PEXPIRE', key, ARGV[4*i-1])
    elseif count > amount and (count - 1) % amount == 0 then
      redis.call('PEXPIRE', key, ARGV[4*i])
    end
  elseif empty[i] and empty[i] > now then
    redis.call('SET', key, string.format('%.0f', empty[i]), 'PX', math.ceil(empty[i] - now))
  elseif empty[i] then
    redis.call('DEL', key)
  end
end
return {0, 0}
"""


class Memory:
    """The buckets of this process alone, by the same rules as the script's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: Of a limit: when it is empty. Of a meter: its count. And when to forget it.
        self._kept: dict[str, tuple[float, float]] = {}

    def take(self, buckets: Sequence[Bucket], *, back: bool = False) -> Spill | None:
        """See `take`."""
        now = clock.now().timestamp() * 1_000
        with self._lock:
            return self._take(buckets, now, -1 if back else 1)

    def _take(self, buckets: Sequence[Bucket], now: float, sign: int) -> Spill | None:
        empty: dict[str, float] = {}
        worst, hot = None, False
        for bucket in buckets:
            stored = self._stored(bucket.key, now)
            if bucket.kind is Kind.ONCE:
                if stored:
                    return None
                empty[bucket.key] = now + 1_000 * bucket.seconds
            elif bucket.kind is Kind.METER:
                hot = stored > bucket.amount
            elif bucket.kind is Kind.LIMIT or hot or sign < 0:
                empty[bucket.key] = max(stored, now) + sign * bucket.step
                over = (empty[bucket.key] - now) / 1_000 - bucket.seconds
                if over > (worst.wait if worst else 0):
                    worst = Spill(bucket, over)
        if worst:
            return worst
        self._make_room(now)
        self._kept.update({key: (moment, moment) for key, moment in empty.items()})
        for bucket in buckets:
            if bucket.kind is Kind.METER and sign > 0:
                self._count(bucket, now)
        return None

    def _count(self, meter: Bucket, now: float) -> None:
        count = self._stored(meter.key, now) + 1
        until = self._kept[meter.key][1] if count > 1 else now + 1_000 * meter.seconds
        if count > meter.amount and (count - 1) % meter.amount == 0:
            until = now + 1_000 * meter.cooling
        self._kept[meter.key] = (count, until)

    def _stored(self, key: str, now: float) -> float:
        stored, until = self._kept.get(key, (0, 0))
        return stored if until > now else 0

    def _make_room(self, now: float) -> None:
        if len(self._kept) > MOST_KEPT:
            self._kept = {key: kept for key, kept in self._kept.items() if kept[1] > now}
        if len(self._kept) > MOST_KEPT:
            self._kept.clear()


class Shared:
    """The buckets of all processes, in the cache; while it is away, those of this process."""

    def __init__(self, url: str, prefix: str, **options: Any) -> None:
        self._script = GuardedRedis.from_url(url, **options).register_script(SCRIPT)
        self._prefix = prefix
        self._memory = Memory()

    def take(self, buckets: Sequence[Bucket], *, back: bool = False) -> Spill | None:
        """See `take`."""
        keys = [self._prefix + bucket.key for bucket in buckets]
        try:
            refused, wait = self._script(keys, _arguments(buckets, back))
        except (CacheAway, redis.RedisError):
            return self._memory.take(buckets, back=back)
        return Spill(buckets[refused - 1], wait / 1_000) if refused else None


def _arguments(buckets: Sequence[Bucket], back: bool) -> list[str | float]:
    found: list[str | float] = []
    for bucket in buckets:
        span = int(1_000 * bucket.seconds)
        if bucket.kind is Kind.METER:
            found += ("meter", bucket.amount, span, int(1_000 * bucket.cooling))
        elif back:
            found += ("limit", -bucket.step, span, 0)
        else:
            found += (bucket.kind.value, bucket.step, span, 0)
    return found


@cache
def _shared() -> Shared:
    config: dict[str, Any] = settings.CACHES["default"]
    return Shared(config["LOCATION"], f"{config['KEY_PREFIX']}limit:", **config["OPTIONS"])


def take(buckets: Sequence[Bucket]) -> Spill | None:
    """Put a drop into each bucket, or into none: then the one that makes wait longest. One way
    to the cache and back. Never raises for a cache that is away.
    """
    return _shared().take(buckets) if buckets else None


def give_back(buckets: Sequence[Bucket]) -> None:
    """Take back the drops that `take` has put into these limits. Meters keep theirs."""
    limits = [bucket for bucket in buckets if bucket.kind in {Kind.LIMIT, Kind.IN_HEAT}]
    if limits:
        _shared().take(limits, back=True)
