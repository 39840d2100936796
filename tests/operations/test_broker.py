"""A worker whose broker goes away in the middle of a task."""

from pathlib import Path

import pytest
from kombu import Connection, Queue
from kombu.transport.virtual import Message

from operations import embedded


@pytest.fixture
def broker(var: Path) -> str:
    """The URL of a broker of this test's own."""
    return embedded.ensure(var, durable=False, roles=["BROKER_URL"])["BROKER_URL"]


def test_a_broker_that_misses_an_acknowledgement_leaves_the_worker_free(
    var: Path, broker: str
) -> None:
    with Connection(broker, transport="config.broker:Transport") as connection:
        channel = connection.default_channel
        taken: list[Message] = []
        with connection.Producer(channel) as producer:
            producer.publish("work", routing_key="work", declare=[Queue("work")])
        with connection.Consumer(
            Queue("work"), channel=channel, on_message=taken.append, prefetch_count=1
        ):
            connection.drain_events(timeout=5)
            was_free = channel.qos.can_consume()
            embedded.stop(var)
            with pytest.raises(connection.connection_errors):
                taken[0].ack()

        assert not was_free
        assert channel.qos.can_consume()
