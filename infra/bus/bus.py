"""The bus over NATS JetStream."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Self

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from infra.bus.messages import ID_HEADER, TOPIC_HEADER, DeadLetter, Delivery, Message, Queue, dead_letter_document
from infra.bus.streams import (
    DEAD_STREAM,
    STREAM,
    dead_subject,
    ensure_consumer,
    ensure_streams,
    queue_subject,
    topic_subject,
)
from infra.errors import ErrorCode, ReelwearError
from infra.settings import BusSettings

ANSWER_TIMEOUT_S = 5.0
RECONNECT_EVERY_S = 1
# SQS's limit as well, so that a message fits every bus.
MAX_BODY_BYTES = 256 * 1024
MAX_REASON_CHARS = 2000
TOPIC = re.compile(r"[\w-]+(\.[\w-]+)*", re.ASCII)
# JetStream drops a message whose id it has seen within the stream's duplicate window.
DEDUPLICATION_HEADER = "Nats-Msg-Id"

log = structlog.get_logger()


class Bus:
    """A connection to the bus; belongs to one event loop. It reconnects by itself, for ever.

    Every method raises BUS_DOWN (a retry helps) within seconds while the bus does not answer.
    """

    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._url = url
        self._jetstream: JetStreamContext = client.jetstream(timeout=ANSWER_TIMEOUT_S)
        self._pulls: dict[str, JetStreamContext.PullSubscription] = {}
        self._fetching: dict[str, asyncio.Lock] = {}

    @classmethod
    async def connect(cls, settings: BusSettings, patience_s: float = ANSWER_TIMEOUT_S) -> Self:
        """Try for `patience_s`; raises BUS_DOWN when nothing answers, BAD_SETTING when the bus refuses the token."""
        client = Client()
        try:
            await asyncio.wait_for(
                client.connect(
                    settings.nats_url,
                    token=settings.nats_token.get_secret_value() or None,
                    name="reelwear",
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=RECONNECT_EVERY_S,
                    error_cb=_on_error,
                    disconnected_cb=_on_disconnect,
                    reconnected_cb=_on_reconnect,
                ),
                patience_s,
            )
        except (NatsError, OSError, TimeoutError) as error:
            reason = str(client.last_error or error)
            await client.close()
            if "authorization" in reason.lower():
                message = f"the bus at {settings.nats_url} refused the token; check REELWEAR_NATS_TOKEN"
                raise ReelwearError(ErrorCode.BAD_SETTING, message) from error
            raise ReelwearError(ErrorCode.BUS_DOWN, f"no bus at {settings.nats_url}: {reason}") from error
        return cls(client, settings.nats_url)

    async def close(self) -> None:
        """Hang up; messages in hand are handed out again after their wait."""
        await self._client.close()

    def is_healthy(self) -> bool:
        """Whether the connection stands now."""
        return self._client.is_connected

    async def ensure(self, queues: Sequence[Queue]) -> None:
        """Make the streams and the queues, or bring older ones up to date. Call it before publishing or fetching."""
        with self._named_faults("prepare its streams"):
            await ensure_streams(self._jetstream)
            for queue in queues:
                await ensure_consumer(self._jetstream, queue)

    async def publish(self, message: Message) -> None:
        """Returns when the message is on disk. Raises BAD_REQUEST for a body over 256 KiB, or an odd id or topic."""
        await self._publish(topic_subject(message.topic), message, message.id)

    async def fetch(self, queue: str, batch: int, wait_s: float) -> list[Delivery]:
        """Up to `batch` messages of the queue, oldest first; none when `wait_s` passes without any."""
        with self._named_faults(f"fetch from {queue}"):
            async with self._fetching.setdefault(queue, asyncio.Lock()):
                if queue not in self._pulls:
                    self._pulls[queue] = await self._jetstream.pull_subscribe_bind(durable=queue, stream=STREAM)
                try:
                    handles = await self._pulls[queue].fetch(batch, timeout=wait_s)
                except TimeoutError:
                    return []
        return [Delivery.of(queue, handle) for handle in handles]

    async def ack(self, delivery: Delivery) -> None:
        """The work is done. Returns when the bus knows it.

        A bus killed within the next moment (under 50 ms, measured with nats-server 2.15.1) forgets it, and hands the
        message out again as a first attempt.
        """
        with self._named_faults(f"acknowledge {delivery.message.id}"):
            await delivery.handle.ack_sync(timeout=ANSWER_TIMEOUT_S)

    async def extend(self, delivery: Delivery) -> None:
        """The work goes on: the queue's wait starts anew."""
        with self._named_faults(f"extend {delivery.message.id}"):
            await delivery.handle.in_progress()

    async def retry(self, delivery: Delivery, delay_s: float) -> None:
        """Hand the message out again after a delay, as the next attempt."""
        with self._named_faults(f"put {delivery.message.id} back"):
            await delivery.handle.nak(delay=delay_s)

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Give the message up: keep it with the reason among the dead letters, then take it off its queue."""
        letter = dead_letter_document(delivery, reason[:MAX_REASON_CHARS], datetime.now(UTC))
        once = f"{delivery.queue}:{delivery.handle.metadata.sequence.stream}"
        with self._named_faults(f"bury {delivery.message.id}"):
            await self._jetstream.publish(
                dead_subject(delivery.queue), letter, stream=DEAD_STREAM, headers={DEDUPLICATION_HEADER: once}
            )
        await self.ack(delivery)

    async def dead_letters(self) -> list[DeadLetter]:
        """All dead letters, oldest first."""
        letters: list[DeadLetter] = []
        everything = dead_subject(">")
        with self._named_faults("list the dead letters"):
            sequence = 1
            while True:
                try:
                    found = await self._jetstream.get_msg(DEAD_STREAM, sequence, everything, next=True)
                except NotFoundError:
                    return letters
                letters.append(DeadLetter.parse(str(found.seq), found.data or b""))
                sequence = (found.seq or sequence) + 1

    async def replay(self, letter_id: str) -> None:
        """Send a dead letter to its queue once more, and to no other; raises NOT_FOUND."""
        letter = await self._dead_letter(letter_id)
        await self._publish(queue_subject(letter.queue), letter.message, f"{letter.message.id}:replay:{letter_id}")
        await self.drop(letter_id)

    async def drop(self, letter_id: str) -> None:
        """Forget a dead letter; raises NOT_FOUND."""
        await self._dead_letter(letter_id)
        with self._named_faults(f"drop dead letter {letter_id}"):
            await self._jetstream.delete_msg(DEAD_STREAM, int(letter_id))

    async def pending(self) -> dict[str, int]:
        """For every queue, the messages that are not done yet: waiting, or in somebody's hands."""
        with self._named_faults("count what waits"):
            try:
                consumers = await self._jetstream.consumers_info(STREAM)
            except NotFoundError:
                return {}
        return {info.name: (info.num_pending or 0) + (info.num_ack_pending or 0) for info in consumers}

    async def _publish(self, subject: str, message: Message, deduplication_id: str) -> None:
        body = message.body.encode()
        _check(message, len(body))
        headers = {DEDUPLICATION_HEADER: deduplication_id, ID_HEADER: message.id, TOPIC_HEADER: message.topic}
        with self._named_faults(f"publish {message.id}"):
            await self._jetstream.publish(subject, body, stream=STREAM, headers=headers)

    async def _dead_letter(self, letter_id: str) -> DeadLetter:
        with self._named_faults(f"look at dead letter {letter_id}"):
            try:
                found = await self._jetstream.get_msg(DEAD_STREAM, seq=int(letter_id))
            except (NotFoundError, ValueError) as error:
                message = f"there is no dead letter {letter_id}; `reelwear dlq list` shows them"
                raise ReelwearError(ErrorCode.NOT_FOUND, message) from error
        return DeadLetter.parse(letter_id, found.data or b"")

    @contextmanager
    def _named_faults(self, action: str) -> Iterator[None]:
        """Refuse at once while disconnected (the client would queue it), and name what the bus answers."""
        if not self._client.is_connected:
            raise ReelwearError(ErrorCode.BUS_DOWN, f"cannot {action}: no connection to the bus at {self._url}")
        try:
            yield
        except (NatsError, TimeoutError) as error:
            message = f"cannot {action}: the bus at {self._url}: {error or type(error).__name__}"
            raise ReelwearError(ErrorCode.BUS_DOWN, message) from error


def _check(message: Message, body_bytes: int) -> None:
    if not TOPIC.fullmatch(message.topic):
        text = f"topic {message.topic!r} is not made of words (letters, digits, - and _) with dots between them"
        raise ReelwearError(ErrorCode.BAD_REQUEST, text)
    if not (message.id and message.id.isascii() and message.id.isprintable()):
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"message id {message.id!r} is not printable ASCII")
    if body_bytes > MAX_BODY_BYTES:
        text = f"the body of {message.id} has {body_bytes} bytes, over {MAX_BODY_BYTES}; name an object instead"
        raise ReelwearError(ErrorCode.BAD_REQUEST, text)


async def _on_error(error: Exception) -> None:
    log.debug("bus error", error=str(error) or type(error).__name__)


async def _on_disconnect() -> None:
    log.warning("bus disconnected")


async def _on_reconnect() -> None:
    log.info("bus reconnected")
