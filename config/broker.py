"""The broker's transport: kombu's for Redis and Valkey, but a lost acknowledgement stops nobody.

A worker takes one message at a time and asks for the next when that one is acknowledged. Where
the broker goes away just then, kombu keeps the message in hand for ever: the worker asks for
nothing more, and so never notices that its connection is gone either. Here its hand is empty
whatever the broker has heard; the next question meets the broken connection, and the worker
connects anew. The message may come again, as any may.
"""

from typing import Any

from kombu.transport import redis, virtual


class QoS(redis.QoS):
    """What a worker has in hand."""

    def ack(self, delivery_tag: Any) -> None:
        """Acknowledge a message and let go of it. Raises what the broker's client raises."""
        try:
            super().ack(delivery_tag)
        except redis.get_redis_error_classes().connection_errors:
            virtual.QoS.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):
    QoS = QoS


class Transport(redis.Transport):
    Channel = Channel
