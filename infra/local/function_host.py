"""Runs the functions on this machine: each fed by its queue, with the event, context and answer it has under Lambda."""

import asyncio
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from functions import publish_result, read_vibe, remove_video, split_video, tag_video
from functions.batch import BatchResponse, SqsEvent, sqs_event
from functions.events import CAPTION_CHANGED, OBJECT_CREATED, OBJECT_REMOVED, STAGE_ENDED, VIDEO_SPLIT
from functions.retries import delay_s, is_given_up
from functions.services import Services
from infra.bus import Bus, Delivery, Queue
from infra.errors import ReelwearError

FETCH_WAIT_S = 5.0
ACK_WAIT_S = 20.0
BUS_PAUSE_S = 1.0

log = structlog.get_logger()


@dataclass
class LocalContext:
    """What a function is told about where it runs; collects why messages failed."""

    function_name: str
    errors: dict[str, ReelwearError] = field(default_factory=dict)

    def failed(self, message_id: str, error: ReelwearError) -> None:
        """Remember the reason of a message's failure."""
        self.errors[message_id] = error


Handler = Callable[[SqsEvent, LocalContext, Services], BatchResponse]


@dataclass(frozen=True)
class Function:
    """A function, the topics that feed it, and how much of it runs at once."""

    name: str
    handler: Handler
    topics: tuple[str, ...]
    workers: int = 1
    batch: int = 1

    @property
    def queue(self) -> Queue:
        """The queue that feeds it."""
        return Queue(self.name, self.topics, ACK_WAIT_S)


FUNCTIONS = (
    Function("split_video", split_video.handler, (OBJECT_CREATED,), workers=2),
    Function("tag_video", tag_video.handler, (VIDEO_SPLIT,), workers=2),
    Function("read_vibe", read_vibe.handler, (VIDEO_SPLIT, CAPTION_CHANGED), batch=10),
    Function("publish_result", publish_result.handler, (STAGE_ENDED,), batch=10),
    Function("remove_video", remove_video.handler, (OBJECT_REMOVED,), batch=10),
)


class FunctionHost:
    """Fetches, runs and settles messages until it is stopped; work in hand is finished first."""

    def __init__(
        self, bus: Bus, services: Services, on_commit: Callable[[], None], functions: Sequence[Function] = FUNCTIONS
    ) -> None:
        self.bus = bus
        self.services = services
        self.on_commit = on_commit
        self.functions = functions
        self.stopping = asyncio.Event()
        self.pool = ThreadPoolExecutor(sum(f.workers for f in functions), thread_name_prefix="function")
        self.rng = random.Random()  # noqa: S311  jitter needs no secrecy

    async def run(self) -> None:
        """Work until `stop`."""
        try:
            async with asyncio.TaskGroup() as group:
                for function in self.functions:
                    for _ in range(function.workers):
                        group.create_task(self.serve(function))
        finally:
            self.pool.shutdown(wait=True)

    def stop(self) -> None:
        """Take no more messages."""
        self.stopping.set()

    async def serve(self, function: Function) -> None:
        """One worker of one function."""
        while not self.stopping.is_set():
            try:
                deliveries = await self.fetch(function)
                if deliveries:
                    await self.handle(function, deliveries)
            except ReelwearError as error:
                # The messages come again by themselves: nothing was acknowledged.
                log.warning("bus trouble", function=function.name, code=error.code.code, reason=error.message)
                await asyncio.sleep(BUS_PAUSE_S)

    async def fetch(self, function: Function) -> list[Delivery]:
        """Messages for a function; none soon after `stop`."""
        fetching = asyncio.ensure_future(self.bus.fetch(function.name, function.batch, FETCH_WAIT_S))
        stopping = asyncio.ensure_future(self.stopping.wait())
        try:
            await asyncio.wait({fetching, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return fetching.result() if fetching.done() else []
        finally:
            stopping.cancel()
            fetching.cancel()

    async def handle(self, function: Function, deliveries: Sequence[Delivery]) -> None:
        """Run a function on a batch in a thread, keep its messages reserved meanwhile, then settle each."""
        event = sqs_event([(d.message.id, d.message.body, d.attempt) for d in deliveries])
        context = LocalContext(function.name)
        keeper = asyncio.create_task(self.keep(deliveries))
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self.pool, function.handler, event, context, self.services)
        finally:
            keeper.cancel()
        self.on_commit()
        for delivery in deliveries:
            await self.settle(delivery, context.errors.get(delivery.message.id))

    async def keep(self, deliveries: Sequence[Delivery]) -> None:
        """Say again and again that the messages are being worked on."""
        while True:
            await asyncio.sleep(ACK_WAIT_S / 4)
            for delivery in deliveries:
                with suppress(ReelwearError):
                    await self.bus.extend(delivery)

    async def settle(self, delivery: Delivery, error: ReelwearError | None) -> None:
        """Acknowledge a message, have it delivered again later, or give it up with its reason."""
        settings = self.services.settings.bus
        if error is None:
            await self.bus.ack(delivery)
        elif is_given_up(error, delivery.attempt, settings):
            await self.bus.bury(delivery, f"{error.code.code}: {error.message}")
        else:
            await self.bus.retry(delivery, delay_s(delivery.attempt, settings, self.rng))
