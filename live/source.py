"""Where changes come from: one subscription of this process to the cache's server, and its keys.

While the server is away streams stay open; once it is back everybody is told to ask, since nobody
knows what was missed.
"""

import asyncio
import logging
from collections.abc import Collection

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from common import changes
from common.metrics import LIVE_HEARD
from live.hub import Audience, Hub

log = logging.getLogger(__name__)

#: For an answer, and between two tries of a server that is away.
PATIENCE_SECONDS = 2.0
REST_SECONDS = 0.5
#: After so much silence it is asked whether it is still there.
SILENCE_SECONDS = 2.0
LOOK_UP_CONNECTIONS = 4


class Source:
    """Changes of threads, for `hub`."""

    def __init__(self, url: str, prefix: str, hub: Hub) -> None:
        self.prefix, self.hub = prefix, hub
        self.pool = BlockingConnectionPool.from_url(
            url,
            max_connections=LOOK_UP_CONNECTIONS,
            timeout=PATIENCE_SECONDS,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        self.redis = Redis(connection_pool=self.pool)
        self.is_listening = False

    async def look_up(self, audiences: Collection[Audience]) -> None:
        """Learn where threads stand that nobody has listened to so far, if the cache knows."""
        unknown = [each for each in audiences if not each.looked_up]
        if not unknown or not self.is_listening:
            return
        names = [changes.key(self.prefix, each.thread) for each in unknown]
        try:
            kept = await self.redis.mget(names)
        except (RedisError, OSError):
            return
        if not self.is_listening:
            return
        for audience, text in zip(unknown, kept, strict=True):
            audience.looked_up = True
            if change := changes.read_kept(audience.thread, text):
                self.hub.recall(change)

    async def run(self) -> None:
        """Listen, for ever; connect again whenever the server goes away."""
        is_said = False
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as fault:
                if self.is_listening or not is_said:
                    log.warning("Changes cannot be heard: %s", fault)
                is_said = True
            self.is_listening = False
            self.hub.forget()
            await self.pool.disconnect()  # what was open leads nowhere
            await asyncio.sleep(REST_SECONDS)

    async def _listen(self) -> None:
        async with self.redis.pubsub() as subscription:
            await subscription.subscribe(changes.channel(self.prefix))
            while True:
                heard = await subscription.get_message(timeout=SILENCE_SECONDS)
                if heard is None:
                    await self.redis.ping()
                elif heard["type"] == "subscribe":
                    self.is_listening = True
                    await self.hub.ask_all()
                elif heard["type"] == "message":
                    self._take(heard["data"])
                if self.is_listening:
                    LIVE_HEARD.set_to_current_time()

    def _take(self, text: str) -> None:
        try:
            for change in changes.read_message(text):
                self.hub.hear(change)
        except (ValueError, TypeError):
            log.warning("A message that is none of ours was passed over.")
