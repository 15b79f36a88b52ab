"""How the bus is laid out in JetStream: one stream of topics, one consumer a queue, one stream of dead letters."""

from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import BadRequestError

from infra.bus.messages import Queue

STREAM = "REELWEAR"
DEAD_STREAM = "REELWEAR_DEAD"
KEPT_S = 14 * 24 * 3600.0
KEPT_BYTES = 1024**3
DUPLICATE_WINDOW_S = 600.0
# JetStream's code for "stream name already in use with a different configuration".
STREAM_EXISTS = 10058


def topic_subject(topic: str) -> str:
    """Where a topic's messages are published: every queue of the topic reads them."""
    return f"reelwear.topic.{topic}"


def queue_subject(queue: str) -> str:
    """Where a replay is published: only this queue reads it, so that no other does its work again."""
    return f"reelwear.queue.{queue}"


def dead_subject(queue: str) -> str:
    """Where a queue's dead letters are published."""
    return f"reelwear.dead.{queue}"


async def ensure_streams(jetstream: JetStreamContext) -> None:
    """Make the streams, or bring older ones up to date. Of a full stream the oldest messages go, as do old ones."""
    for name, subjects in ((STREAM, [topic_subject(">"), queue_subject(">")]), (DEAD_STREAM, [dead_subject(">")])):
        config = StreamConfig(
            name=name,
            subjects=subjects,
            retention=RetentionPolicy.LIMITS,
            discard=DiscardPolicy.OLD,
            storage=StorageType.FILE,
            max_age=KEPT_S,
            max_bytes=KEPT_BYTES,
            duplicate_window=DUPLICATE_WINDOW_S,
        )
        try:
            await jetstream.add_stream(config)
        except BadRequestError as error:
            if error.err_code != STREAM_EXISTS:
                raise
            await jetstream.update_stream(config)


async def ensure_consumer(jetstream: JetStreamContext, queue: Queue) -> None:
    """Make a queue's consumer, or bring an older one up to date; it also reads what was sent before it was made."""
    config = ConsumerConfig(
        durable_name=queue.name,
        filter_subjects=[*map(topic_subject, queue.topics), queue_subject(queue.name)],
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=queue.ack_wait_s,
        # The function host counts attempts and buries with a reason; a limit here would drop messages without one.
        max_deliver=-1,
    )
    await jetstream.add_consumer(STREAM, config)
