"""The cache, which may be away: then it says so at once, for some seconds without being asked."""

from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache, RedisCacheClient

from common.away import Unavailable
from common.circuit import Circuit

#: After a failure nobody of this process tries for this long.
circuit = Circuit(seconds=2)


class CacheAway(Unavailable):
    """The cache did not answer. What counts there, signing in above all, is refused meanwhile."""


class GuardedRedis(redis.Redis):
    """redis-py's client behind the circuit. Raises CacheAway."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        if circuit.is_open:
            raise CacheAway
        try:
            return super().execute_command(*args, **options)
        except (redis.ConnectionError, redis.TimeoutError) as fault:
            circuit.trip()
            raise CacheAway from fault


class GuardedClient(RedisCacheClient):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._client = GuardedRedis


class Cache(RedisCache):
    """Django's cache in Valkey, whose calls raise CacheAway where it is away."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = GuardedClient
