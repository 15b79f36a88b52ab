"""Turns at the hosts: so many requests at once to each, so many in all; a host that asks for rest has it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from catalog_jobs.catalog.fetching.faults import PictureFault, Reason
from catalog_jobs.catalog.fetching.options import FetchOptions


class Host:
    """What is known of one host. rests_until: by the clock. misses: connections that failed since it last answered."""

    def __init__(self, name: str, at_once: int) -> None:
        self.name = name
        self.turns = asyncio.Semaphore(at_once)
        self.rests_until = 0.0
        self.misses = 0


class Hosts:
    """All hosts of a run."""

    def __init__(self, options: FetchOptions, clock: Callable[[], float] = time.monotonic) -> None:
        self._options = options
        self._clock = clock
        self._all = asyncio.Semaphore(options.at_once)
        self._hosts: dict[str, Host] = {}

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait for a turn at the host and hold it; the overall turn is taken last, so that a busy or resting host
        keeps nobody from the others. Raises `unreachable` or `overloaded` where the host is given up.
        """
        host = self._host(name)
        async with host.turns:
            await self._rest(host)
            async with self._all:
                yield

    def answered(self, name: str) -> None:
        """The host spoke, whatever it said."""
        self._host(name).misses = 0

    def missed(self, name: str) -> None:
        """No connection to the host came about."""
        self._host(name).misses += 1

    def rest(self, name: str, seconds: float) -> None:
        """Leave the host alone for so long."""
        host = self._host(name)
        host.rests_until = max(host.rests_until, self._clock() + seconds)

    async def _rest(self, host: Host) -> None:
        while True:
            if host.misses >= self._options.max_misses:
                raise PictureFault(
                    Reason.UNREACHABLE,
                    f"{host.name} did not answer {host.misses} times running; run the fetch again when it does",
                    was_tried=False,
                )
            wait_s = host.rests_until - self._clock()
            if wait_s <= 0:
                return
            if wait_s > self._options.max_wait_s:
                raise PictureFault(
                    Reason.OVERLOADED,
                    f"{host.name} asks to be left alone for {wait_s:.0f} s more, over the limit of "
                    f"{self._options.max_wait_s:.0f}; run the fetch again later",
                    was_tried=False,
                )
            await asyncio.sleep(wait_s)

    def _host(self, name: str) -> Host:
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = Host(name, self._options.at_once_per_host)
        return host
