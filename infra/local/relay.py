"""Brings events from the outbox to the bus, in their order, as soon as they are true."""

import asyncio

import structlog

from functions.services import Services
from infra.bus import Bus, Message
from infra.errors import ReelwearError
from infra.records import outbox

POLL_S = 1.0
PAUSE_S = 0.5

log = structlog.get_logger()


class Relay:
    """A loop over the outbox; `wake` spares it the wait for its next look."""

    def __init__(self, bus: Bus, services: Services) -> None:
        self.bus = bus
        self.records = services.records
        self.loop = asyncio.get_running_loop()
        self.news = asyncio.Event()

    def wake(self) -> None:
        """Say, from any thread, that a transaction wrote to the outbox."""
        self.loop.call_soon_threadsafe(self.news.set)

    async def run(self) -> None:
        """Work until cancelled. A crash between sending and forgetting sends an event again, under the same id."""
        while True:
            try:
                while await self.send_some():
                    pass
            except ReelwearError as error:
                log.warning("events wait", code=error.code.code, reason=error.message)
                await asyncio.sleep(PAUSE_S)
            try:
                await asyncio.wait_for(self.news.wait(), POLL_S)
            except TimeoutError:
                continue
            self.news.clear()

    async def send_some(self) -> int:
        """Send the oldest events; returns how many."""
        rows = await asyncio.to_thread(outbox.waiting, self.records)
        for row in rows:
            await self.bus.publish(Message(row.message_id, row.topic, row.body))
        if rows:
            await asyncio.to_thread(outbox.sent, self.records, [row.id for row in rows])
        return len(rows)
