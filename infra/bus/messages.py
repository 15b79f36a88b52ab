"""What travels on the bus."""

import json
from dataclasses import dataclass, field
from datetime import datetime

from nats.aio.msg import Msg

ID_HEADER = "Reelwear-Id"
TOPIC_HEADER = "Reelwear-Topic"


@dataclass(frozen=True)
class Message:
    """Something that happened. Messages of one id, sent within minutes of each other, count as one."""

    id: str
    topic: str
    body: str


@dataclass(frozen=True)
class Queue:
    """One reader of some topics: every message of them is its to do, whatever other queues do with it."""

    name: str
    """Letters, digits, `-` and `_`."""
    topics: tuple[str, ...]
    ack_wait_s: float = 60.0
    """A message neither done nor extended for so long is handed out again."""


@dataclass(frozen=True)
class Delivery:
    """A message in the hands of a queue's worker. `attempt` counts from 1; a replay counts from 1 again."""

    message: Message
    queue: str
    attempt: int
    sent: datetime
    handle: Msg = field(repr=False, compare=False)

    @classmethod
    def of(cls, queue: str, handle: Msg) -> "Delivery":
        """Read a message of the stream; one that somebody published by hand is named after its place in the stream."""
        headers = handle.headers or {}
        place = handle.metadata
        message = Message(
            id=headers.get(ID_HEADER) or f"{place.stream}:{place.sequence.stream}",
            topic=headers.get(TOPIC_HEADER) or handle.subject.split(".", 2)[-1],
            body=handle.data.decode(errors="replace"),
        )
        return cls(message, queue, place.num_delivered or 1, place.timestamp, handle)


@dataclass(frozen=True)
class DeadLetter:
    """A message that a queue has given up, and why."""

    id: str
    queue: str
    message: Message
    reason: str
    attempts: int
    buried: datetime

    @classmethod
    def parse(cls, letter_id: str, document: bytes) -> "DeadLetter":
        """Read what `dead_letter_document` wrote."""
        fields = json.loads(document)
        return cls(
            id=letter_id,
            queue=fields["queue"],
            message=Message(**fields["message"]),
            reason=fields["reason"],
            attempts=fields["attempts"],
            buried=datetime.fromisoformat(fields["buried"]),
        )


def dead_letter_document(delivery: Delivery, reason: str, buried: datetime) -> bytes:
    """A dead letter as the dead-letter stream keeps it: UTF-8 JSON."""
    message = delivery.message
    document = {
        "queue": delivery.queue,
        "message": {"id": message.id, "topic": message.topic, "body": message.body},
        "reason": reason,
        "attempts": delivery.attempt,
        "buried": buried.isoformat(),
    }
    return json.dumps(document, ensure_ascii=False).encode()
