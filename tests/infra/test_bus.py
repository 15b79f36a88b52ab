"""What every bus promises, on a real server."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from infra.bus import Bus, Delivery, Message, Queue
from infra.errors import ErrorCode, ReelwearError
from infra.local.ports import choose_port
from infra.settings import BusSettings
from tests.parts import bus_server

WAIT_S = 2.0
SOON_S = 0.3
# A server killed within some 50 ms of an acknowledgement forgets it.
ACK_SETTLES_S = 0.5


class Room:
    """A topic and two queues of it that no other test uses, and a connection."""

    def __init__(self, bus: Bus) -> None:
        name = uuid4().hex[:12]
        self.bus = bus
        self.topic = f"tests.{name}"
        self.queues = (Queue(f"first-{name}", (self.topic,)), Queue(f"second-{name}", (self.topic,)))

    @property
    def queue(self) -> str:
        return self.queues[0].name

    def message(self, message_id: str = "", body: str = "{}") -> Message:
        return Message(message_id or uuid4().hex, self.topic, body)

    async def next(self, queue: str = "", wait_s: float = WAIT_S) -> Delivery:
        deliveries = await self.bus.fetch(queue or self.queue, 1, wait_s)
        assert deliveries, "nothing was delivered"
        return deliveries[0]

    async def is_idle(self, queue: str = "") -> bool:
        return not await self.bus.fetch(queue or self.queue, 1, SOON_S)


@asynccontextmanager
async def room_of(settings: BusSettings) -> AsyncIterator[Room]:
    bus = await Bus.connect(settings)
    try:
        room = Room(bus)
        await bus.ensure(room.queues)
        yield room
    finally:
        await bus.close()


@pytest.fixture
def in_room(bus_settings: BusSettings) -> Callable[[Callable[[Room], Awaitable[None]]], None]:
    """Runs a coroutine function with a room on the session's bus."""

    def run(story: Callable[[Room], Awaitable[None]]) -> None:
        async def told() -> None:
            async with room_of(bus_settings) as room:
                await story(room)

        asyncio.run(told())

    return run


InRoom = Callable[[Callable[[Room], Awaitable[None]]], None]


def test_every_queue_of_a_topic_gets_each_message_once(in_room: InRoom) -> None:
    async def story(room: Room) -> None:
        sent = room.message(body='{"caption": "été 春"}')
        await room.bus.publish(sent)
        for queue in room.queues:
            delivery = await room.next(queue.name)
            assert (delivery.message, delivery.queue, delivery.attempt) == (sent, queue.name, 1)
            assert abs(datetime.now(UTC) - delivery.sent) < timedelta(seconds=30)
            await room.bus.ack(delivery)
            assert await room.is_idle(queue.name)

    in_room(story)


def test_a_message_published_twice_is_delivered_once(in_room: InRoom) -> None:
    async def story(room: Room) -> None:
        message = room.message()
        for _ in range(2):
            await room.bus.publish(message)
        await room.bus.ack(await room.next())
        assert await room.is_idle()

    in_room(story)


def test_messages_come_in_order_and_in_batches(in_room: InRoom) -> None:
    async def story(room: Room) -> None:
        sent = [room.message(body=str(number)) for number in range(5)]
        for message in sent:
            await room.bus.publish(message)
        first = await room.bus.fetch(room.queue, 3, WAIT_S)
        rest = await room.bus.fetch(room.queue, 3, SOON_S)
        assert [delivery.message for delivery in (*first, *rest)] == sent

    in_room(story)


def test_an_empty_queue_gives_nothing_after_the_wait(in_room: InRoom) -> None:
    async def story(room: Room) -> None:
        begun = time.monotonic()
        assert await room.bus.fetch(room.queue, 4, SOON_S) == []
        assert time.monotonic() - begun < SOON_S + 1

    in_room(story)


def test_two_workers_of_a_queue_share_its_messages(in_room: InRoom) -> None:
    async def story(room: Room) -> None:
        sent = {room.message().id for _ in range(6)}
        for message_id in sent:
            await room.bus.publish(room.message(message_id))
        batches = await asyncio.gather(*(room.bus.fetch(room.queue, 3, WAIT_S) for _ in range(2)))
        received = [delivery.message.id for batch in batches for delivery in batch]
        assert sorted(received) == sorted(sent)

    in_room(story)


def test_a_message_put_back_comes_again_after_the_delay(in_room: InRoom) -> None:
    async def story(room: Room) -> None:
        await room.bus.publish(room.message())
        await room.bus.retry(await room.next(), delay_s=0.8)
        assert await room.is_idle()
        again = await room.next()
        assert again.attempt == 2
        await room.bus.ack(again)
        assert await room.is_idle()

    in_room(story)


def test_a_message_nobody_finishes_comes_again_unless_it_is_extended(in_room: InRoom) -> None:
    async def story(room: Room) -> None:
        hasty = Queue(f"hasty-{uuid4().hex[:8]}", (room.topic,), ack_wait_s=1.0)
        await room.bus.ensure([hasty])
        await room.bus.publish(room.message())
        held = await room.next(hasty.name)
        for _ in range(4):
            await asyncio.sleep(0.4)
            await room.bus.extend(held)
            assert await room.bus.fetch(hasty.name, 1, 0.1) == []
        again = await room.next(hasty.name)
        assert (again.message, again.attempt) == (held.message, 2)

    in_room(story)


def test_a_buried_message_is_kept_with_its_reason(in_room: InRoom) -> None:
    async def story(room: Room) -> None:
        sent = room.message(body='{"key": "été.mp4"}')
        await room.bus.publish(sent)
        await room.bus.retry(await room.next(), delay_s=0)
        await room.bus.bury(await room.next(), "decode_crashed: l'été\nsecond line")
        assert await room.is_idle()
        [letter] = [each for each in await room.bus.dead_letters() if each.queue == room.queue]
        assert (letter.message, letter.attempts) == (sent, 2)
        assert letter.reason == "decode_crashed: l'été\nsecond line"
        assert abs(datetime.now(UTC) - letter.buried) < timedelta(seconds=30)
        assert not await room.is_idle(room.queues[1].name), "the other queue's work is not touched"

    in_room(story)


def test_a_replay_reaches_only_the_queue_that_gave_up(in_room: InRoom) -> None:
    async def story(room: Room) -> None:
        sent = room.message()
        await room.bus.publish(sent)
        await room.bus.ack(await room.next(room.queues[1].name))
        for _ in range(2):
            await room.bus.bury(await room.next(), "no luck")
            [letter] = [each for each in await room.bus.dead_letters() if each.queue == room.queue]
            await room.bus.replay(letter.id)
            assert letter.id not in {each.id for each in await room.bus.dead_letters()}
        again = await room.next()
        assert (again.message, again.attempt) == (sent, 1)
        assert await room.is_idle(room.queues[1].name)

    in_room(story)


def test_a_dropped_letter_is_gone(in_room: InRoom) -> None:
    async def story(room: Room) -> None:
        await room.bus.publish(room.message())
        await room.bus.bury(await room.next(), "no luck")
        [letter] = [each for each in await room.bus.dead_letters() if each.queue == room.queue]
        await room.bus.drop(letter.id)
        assert letter.id not in {each.id for each in await room.bus.dead_letters()}
        for action in (room.bus.drop, room.bus.replay):
            for unknown in (letter.id, "nonsense"):
                with pytest.raises(ReelwearError, match=unknown) as failure:
                    await action(unknown)
                assert failure.value.code is ErrorCode.NOT_FOUND

    in_room(story)


def test_what_is_not_done_is_counted(in_room: InRoom) -> None:
    async def story(room: Room) -> None:
        for _ in range(3):
            await room.bus.publish(room.message())
        first = await room.next()
        await room.next()
        assert (await room.bus.pending())[room.queue] == 3
        await room.bus.ack(first)
        assert (await room.bus.pending())[room.queue] == 2

    in_room(story)


def test_a_queue_made_later_gets_what_was_sent_before(in_room: InRoom) -> None:
    async def story(room: Room) -> None:
        sent = room.message()
        await room.bus.publish(sent)
        late = Queue(f"late-{uuid4().hex[:8]}", (room.topic,))
        await room.bus.ensure([late])
        assert (await room.next(late.name)).message == sent

    in_room(story)


def test_a_queue_may_change_its_wait_and_topics(in_room: InRoom) -> None:
    async def story(room: Room) -> None:
        other = f"{room.topic}.other"
        await room.bus.ensure([Queue(room.queue, (room.topic, other), ack_wait_s=30)])
        await room.bus.publish(Message(uuid4().hex, other, "{}"))
        assert (await room.next()).message.topic == other

    in_room(story)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(Message("a", "no spaces", "{}"), id="topic with a space"),
        pytest.param(Message("a", "every.>", "{}"), id="topic with a wildcard"),
        pytest.param(Message("", "topic", "{}"), id="no id"),
        pytest.param(Message("a\nb", "topic", "{}"), id="id with a line break"),
        pytest.param(Message("a", "topic", "é" * 131_073), id="body too large"),
    ],
)
def test_a_message_that_does_not_fit_is_refused_for_good(in_room: InRoom, message: Message) -> None:
    async def story(room: Room) -> None:
        with pytest.raises(ReelwearError) as failure:
            await room.bus.publish(message)
        assert failure.value.code is ErrorCode.BAD_REQUEST

    in_room(story)


def test_the_largest_body_can_be_buried(in_room: InRoom) -> None:
    async def story(room: Room) -> None:
        sent = room.message(body="\x01" * 256 * 1024)
        await room.bus.publish(sent)
        await room.bus.bury(await room.next(), "too much for anybody")
        assert sent in [letter.message for letter in await room.bus.dead_letters()]

    in_room(story)


def test_no_bus_is_named_within_seconds() -> None:
    port = choose_port((), random.Random())
    begun = time.monotonic()
    with pytest.raises(ReelwearError, match=str(port)) as failure:
        asyncio.run(Bus.connect(BusSettings(nats_url=f"nats://127.0.0.1:{port}"), patience_s=1.0))
    assert failure.value.code is ErrorCode.BUS_DOWN
    assert time.monotonic() - begun < 4


def test_a_wrong_token_is_named(bus_settings: BusSettings) -> None:
    stranger = bus_settings.model_copy(update={"nats_token": SecretStr("wrong")})
    with pytest.raises(ReelwearError, match="REELWEAR_NATS_TOKEN") as failure:
        asyncio.run(Bus.connect(stranger, patience_s=1.0))
    assert failure.value.code is ErrorCode.BAD_SETTING


def test_what_was_acknowledged_survives_a_kill_and_the_connection_comes_back(tmp_path: Path) -> None:
    server = bus_server(tmp_path).start()

    async def story() -> None:
        async with room_of(server.settings) as room:
            sent = [room.message(body=str(number)) for number in range(50)]
            for message in sent:
                await room.bus.publish(message)
            for delivery in await room.bus.fetch(room.queue, 20, WAIT_S):
                await room.bus.ack(delivery)
            await asyncio.sleep(ACK_SETTLES_S)
            for delivery in await room.bus.fetch(room.queue, 5, WAIT_S):
                await room.bus.ack(delivery)
            server.kill()

            begun = time.monotonic()
            with pytest.raises(ReelwearError) as failure:
                await room.bus.publish(room.message())
            assert failure.value.code is ErrorCode.BUS_DOWN
            assert time.monotonic() - begun < 8
            assert not room.bus.is_healthy()

            await asyncio.to_thread(server.start)
            await _until_healthy(room.bus)
            rest = {delivery.message.body for delivery in await room.bus.fetch(room.queue, 100, 3.0)}
            assert {message.body for message in sent[25:]} <= rest, "nothing that was not done is missing"
            assert rest <= {message.body for message in sent[20:]}, "what was done a while ago stays done"
            await room.bus.publish(sent[0])
            assert await room.is_idle(), "a message is known to have been sent, also after the kill"

    try:
        asyncio.run(story())
    finally:
        server.stop()


async def _until_healthy(bus: Bus) -> None:
    for _ in range(100):
        if bus.is_healthy():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the connection did not come back")
