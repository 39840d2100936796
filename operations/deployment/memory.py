"""Broker and cache: two servers of one kind, of which one must keep everything and one may not."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from operations.deployment.findings import is_here, said, unwise, wrong

#: The oldest Redis that we are tested on; every Valkey says a newer number.
OLDEST = (6, 2)
PATIENCE_SECONDS = 5


def broker(**kwargs: Any) -> list[CheckMessage]:
    """The broker keeps what it is given, over a restart too."""
    url = settings.CELERY_BROKER_URL
    try:
        return list(_broker(url))
    except RedisError as fault:
        return [wrong("broker", f"The broker of BROKER_URL does not answer: {said(fault)}")]


def _broker(url: str) -> Iterator[CheckMessage]:
    with _client(url) as server:
        yield from _of_both("BROKER_URL", url, server)
        policy = _configured(server, "maxmemory-policy")
        if policy not in (None, "noeviction"):
            yield wrong(
                "broker_evicts",
                f"The broker has maxmemory-policy {policy}: when its memory is full it forgets"
                " tasks. It must be noeviction.",
            )
        if _configured(server, "appendonly") == "no":
            yield unwise(
                "broker_forgets",
                "The broker has appendonly no: what waits in it is gone when it restarts, and comes"
                " later, by sweeps. Say appendonly yes.",
            )


def cache(**kwargs: Any) -> list[CheckMessage]:
    """The cache evicts, within bounds, and is not the broker."""
    url = str(settings.CACHES["default"]["LOCATION"])
    try:
        return list(_cache(url))
    except RedisError as fault:
        return [wrong("cache", f"The cache of CACHE_URL does not answer: {said(fault)}")]


def _cache(url: str) -> Iterator[CheckMessage]:
    with _client(url) as server:
        yield from _of_both("CACHE_URL", url, server)
        if _run_id(server) in _run_ids(settings.CELERY_BROKER_URL):
            yield wrong(
                "one_server_for_both",
                "BROKER_URL and CACHE_URL lead to one server: a full cache would eat tasks, or a"
                " full broker refuse the cache. They must be two.",
            )
            return
        if _configured(server, "maxmemory") == "0":
            yield unwise(
                "cache_unbounded",
                "The cache has no maxmemory: it grows until the machine has none left. 256mb is"
                " plenty to begin with.",
            )
        elif _configured(server, "maxmemory-policy") == "noeviction":
            yield wrong(
                "cache_refuses",
                "The cache has maxmemory-policy noeviction: once full it takes nothing more, and"
                " nobody can sign in. Say allkeys-lru.",
            )


def _of_both(name: str, url: str, server: Redis) -> Iterator[CheckMessage]:
    version = str(server.info("server")["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        yield wrong(
            "old_server",
            f"{name} leads to Redis {version}; Colloquy needs Redis 6.2 or Valkey 7.2, or newer.",
        )
    parts = urlsplit(url)
    if parts.scheme == "redis" and not is_here(parts.hostname or ""):
        yield unwise(
            "in_the_clear",
            f"What goes to {name} crosses the network in the clear, its password too: use"
            " rediss://, or a network that is only yours.",
        )


def _client(url: str) -> Redis:
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def _configured(server: Redis, name: str) -> str | None:
    """A setting of the server; None where it tells nobody, as rented ones do."""
    try:
        return server.config_get(name).get(name)
    except RedisError:
        return None


def _run_id(server: Redis) -> str:
    """What each start of a server has of its own."""
    return str(server.info("server")["run_id"])


def _run_ids(url: str) -> set[str]:
    """That of the server at `url`; none where it does not answer."""
    try:
        with _client(url) as server:
            return {_run_id(server)}
    except RedisError:
        return set()
