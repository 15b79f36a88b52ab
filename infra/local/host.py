"""The host process of this machine: functions, events, the HTTP API; it alone owns the local vector store."""

import asyncio
import contextlib
import queue
import signal
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import structlog
import uvicorn
from fastapi import FastAPI

from functions.api.app import build_app
from functions.catalog.rematch import retry_failed_matches
from functions.catalog.vectors import sync_if_needed
from functions.indexing import index_pending
from functions.services import Services, open_services
from infra.bus import Bus
from infra.errors import ReelwearError
from infra.local import reconciler
from infra.local.function_host import FUNCTIONS, FunctionHost
from infra.local.logs import log_as_json
from infra.local.relay import Relay
from infra.local.video_store import LocalVideoStore
from infra.settings import Settings

HOUSEKEEPING_EVERY_S = 30.0
SWEEP_EVERY_S = 3600.0

log = structlog.get_logger()


def main() -> None:
    """Run the host process until SIGTERM; its settings come from the environment and the data folder."""
    log_as_json()
    asyncio.run(host(Settings.load()))


async def host(settings: Settings) -> None:
    """Open everything, work until told to stop, finish what is in hand, close everything."""
    services = await asyncio.to_thread(open_services, settings)
    await asyncio.to_thread(services.bucket.ensure)
    bus = await Bus.connect(settings.bus)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await bus.ensure([function.queue for function in FUNCTIONS])
        relay = Relay(bus, services)
        hints = Hints(services, relay.wake)
        functions = FunctionHost(bus, services, relay.wake)
        api = settings.api
        store = LocalVideoStore(services, bus, hints.put)
        app = build_app(store, api.api_token.get_secret_value(), api.hook_secret.get_secret_value())
        async with (
            background(relay.run()),
            background(every(settings.stack.reconcile_every_s, lambda: reconciling(services, relay))),
            background(every(HOUSEKEEPING_EVERY_S, lambda: housekeeping(services, bus, relay))),
            background(every(HOUSEKEEPING_EVERY_S, lambda: rematching(services, relay))),
            background(every(SWEEP_EVERY_S, lambda: sweeping(services))),
            serving(app, settings.stack.api_port),
        ):
            working = asyncio.create_task(functions.run())
            await asyncio.wait({working, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
            functions.stop()
            await working
    finally:
        await bus.close()
        await asyncio.to_thread(services.close)


class Hints:
    """Hints of the object store, looked at one after the other in a thread, so that the hook answers at once."""

    def __init__(self, services: Services, on_commit: Callable[[], None]) -> None:
        self.services = services
        self.on_commit = on_commit
        self.bodies: queue.Queue[bytes] = queue.Queue(10_000)
        threading.Thread(target=self.run, daemon=True, name="hints").start()

    def put(self, body: bytes) -> None:
        """Take a hint; when there are too many it is dropped, for the reconciler will see what it told of."""
        with contextlib.suppress(queue.Full):
            self.bodies.put_nowait(body)

    def run(self) -> None:
        """Look at what each hint names."""
        while True:
            body = self.bodies.get()
            try:
                reconciler.take_hint(self.services, body)
            except ReelwearError as error:
                log.warning("hint left to the reconciler", code=error.code.code, reason=error.message)
            self.on_commit()


async def reconciling(services: Services, relay: Relay) -> None:
    """One comparison of the bucket with the records."""
    if await asyncio.to_thread(reconciler.reconcile, services):
        relay.wake()


async def housekeeping(services: Services, bus: Bus, relay: Relay) -> None:
    """Store vectors that wait, of garments and of products, and revive what stalled while no queue holds anything."""
    await asyncio.to_thread(index_pending, services)
    await asyncio.to_thread(sync_if_needed, services)
    if any((await bus.pending()).values()):
        return
    if await asyncio.to_thread(reconciler.revive, services):
        relay.wake()


async def rematching(services: Services, relay: Relay) -> None:
    """Match garments that could not be matched when they were found; one look at the records where there are none."""
    if await asyncio.to_thread(retry_failed_matches, services):
        relay.wake()


async def sweeping(services: Services) -> None:
    """Delete what removed videos left behind; it lists everything derived, so it comes seldom."""
    await asyncio.to_thread(reconciler.sweep, services)


async def every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Do a work over and over; a named fault is logged and mended by the next round.

    The pause grows with the work, so that a bucket of any size takes a tenth of one core at most.
    """
    while True:
        began_s = time.monotonic()
        try:
            await work()
        except ReelwearError as error:
            log.warning("round skipped", code=error.code.code, reason=error.message)
        await asyncio.sleep(max(seconds, 9 * (time.monotonic() - began_s)))


@asynccontextmanager
async def background(work: Awaitable[None]) -> AsyncIterator[None]:
    """Run a loop beside the block, and end it with the block."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class QuietServer(uvicorn.Server):
    """Leaves the signals to the host, which has more to end than HTTP."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def serving(app: FastAPI, port: int) -> AsyncIterator[None]:
    """Answer HTTP on loopback beside the block."""
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="off")
    server = QuietServer(config)
    task = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await task


if __name__ == "__main__":
    main()
