"""Connections to servers: opened to the address that was judged, kept between requests, one request at a time.

h11 speaks the protocol, as it does inside httpx, over asyncio's own streams. With httpx itself 500 pictures of 100 kB
took 1.4 to 1.8 s of the processor and were only written to a file; here they take 0.4 to 0.7 s with all that is done
to them.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import h11
import httpx

from catalog_jobs.catalog.fetching.addresses import Address, Resolve, addresses_of
from catalog_jobs.catalog.fetching.faults import PictureFault, Reason
from catalog_jobs.catalog.fetching.options import FetchOptions

READ_BYTES: Final = 64 * 1024
MAX_HEAD_BYTES: Final = 64 * 1024
KEEPALIVE_S: Final = 30.0
# The body of an answer that nobody wants is read so far, to keep its connection; beyond it the connection is closed.
DRAINED_BYTES: Final = 16 * 1024
PORTS: Final = {"http": 80, "https": 443}

Headers = list[tuple[bytes, bytes]]
Origin = tuple[str, str, int]


class Connection:
    """One connection. has_spoken: whether anything came since the last request went out."""

    def __init__(
        self, origin: Origin, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, read_timeout_s: float
    ) -> None:
        self.origin = origin
        self.idle_since_s = 0.0
        self.has_spoken = False
        self._reader = reader
        self._writer = writer
        self._read_timeout_s = read_timeout_s
        self._talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)

    @property
    def is_fresh(self) -> bool:
        """Whether an idle connection can be used: young, and nothing came over it, not even its end."""
        is_quiet = not self._reader.at_eof() and not self._writer.is_closing()
        return is_quiet and time.monotonic() - self.idle_since_s < KEEPALIVE_S

    async def ask(self, target: bytes, headers: Headers) -> h11.Response:
        """Send a request and read the head of its answer; raises `broken_off`, `timed_out` or `bad_url`."""
        self.has_spoken = False
        try:
            request = self._talk.send(h11.Request(method=b"GET", target=target, headers=headers)) or b""
        except h11.LocalProtocolError as fault:
            raise PictureFault(Reason.BAD_URL, f"it cannot be asked for: {fault}") from fault
        self._talk.send(h11.EndOfMessage())
        self._writer.write(request)
        while True:
            event = await self._event()
            if isinstance(event, h11.Response):
                return event

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes; raises `broken_off` or `timed_out`."""
        while self._talk.their_state is h11.SEND_BODY:
            event = await self._event()
            if isinstance(event, h11.Data):
                yield bytes(event.data)

    def is_done(self) -> bool:
        """Whether the answer was read to its end and another request may follow; makes ready for it."""
        if self._talk.their_state is h11.SEND_BODY and not self._is_ended():
            return False
        is_clean = self._talk.our_state is self._talk.their_state is h11.DONE and not self._talk.trailing_data[0]
        if is_clean:
            self._talk.start_next_cycle()
            self.idle_since_s = time.monotonic()
        return is_clean

    def close(self) -> None:
        """Let go of it at once."""
        self._writer.transport.abort()

    def _is_ended(self) -> bool:
        # A body of no bytes has ended before anybody reads it.
        try:
            return self._talk.next_event() is not h11.NEED_DATA and self._talk.their_state is not h11.SEND_BODY
        except h11.RemoteProtocolError:
            return False

    async def _event(self) -> h11.Event:
        try:
            while (event := self._talk.next_event()) is h11.NEED_DATA:
                async with asyncio.timeout(self._read_timeout_s):
                    came = await self._reader.read(READ_BYTES)
                self.has_spoken = self.has_spoken or bool(came)
                if not came and not self.has_spoken:
                    raise PictureFault(
                        Reason.BROKEN_OFF, f"{self.origin[1]} closed without an answer", is_retryable=True
                    )
                self._talk.receive_data(came)
        except TimeoutError as fault:
            raise PictureFault(
                Reason.TIMED_OUT, f"{self.origin[1]} sent nothing for {self._read_timeout_s:g} s", is_retryable=True
            ) from fault
        except (h11.RemoteProtocolError, OSError) as fault:
            raise PictureFault(Reason.BROKEN_OFF, f"{self.origin[1]} broke off: {fault}", is_retryable=True) from fault
        if not isinstance(event, h11.Event) or isinstance(event, h11.ConnectionClosed):
            raise PictureFault(Reason.BROKEN_OFF, f"{self.origin[1]} broke off the protocol", is_retryable=True)
        return event


@dataclass(frozen=True)
class Reply:
    """The head of an answer. headers: by lower-case name; of several of a name, the last."""

    status: int
    headers: Mapping[str, str]
    connection: Connection

    async def drain(self) -> None:
        """Read a body that is not wanted, if it is short."""
        came_bytes = 0
        async for chunk in self.connection.chunks():
            came_bytes += len(chunk)
            if came_bytes > DRAINED_BYTES:
                return


class Connections:
    """All connections of a run; no more idle ones than requests may be under way."""

    def __init__(self, options: FetchOptions, resolve: Resolve) -> None:
        self._options = options
        self._resolve = resolve
        self._trusted = frozenset(host.lower().strip("[]") for host in options.trusted_hosts)
        self._idle: dict[Connection, None] = {}

    @asynccontextmanager
    async def ask(self, url: httpx.URL, headers: Headers) -> AsyncIterator[Reply]:
        """The answer to a request, while the block runs; raises PictureFault, `unreachable` where no connection came
        about.
        """
        connection, answer = await self._answered(url, [(b"Host", url.netloc), *headers])
        try:
            told = {name.decode("latin-1"): value.decode("latin-1") for name, value in answer.headers}
            yield Reply(answer.status_code, told, connection)
        finally:
            self._put_back(connection)

    async def close(self) -> None:
        """Close what is idle."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()
        await asyncio.sleep(0)

    async def _answered(self, url: httpx.URL, headers: Headers) -> tuple[Connection, h11.Response]:
        """Ask over an idle connection, and over a new one where there is none, or its server had closed it by then."""
        origin = (url.scheme, url.raw_host.decode("ascii"), url.port or PORTS[url.scheme])
        idle = self._take(origin)
        while True:
            connection = idle or await self._open(origin)
            try:
                return connection, await connection.ask(url.raw_path, headers)
            except PictureFault as fault:
                connection.close()
                if not idle or idle.has_spoken or fault.reason is not Reason.BROKEN_OFF:
                    raise
                idle = None
            except asyncio.CancelledError:
                connection.close()
                raise

    def _take(self, origin: Origin) -> Connection | None:
        for connection in reversed([one for one in self._idle if one.origin == origin]):
            del self._idle[connection]
            if connection.is_fresh:
                return connection
            connection.close()
        return None

    def _put_back(self, connection: Connection) -> None:
        if not connection.is_done():
            connection.close()
            return
        self._idle[connection] = None
        if len(self._idle) > self._options.at_once:
            oldest = next(iter(self._idle))
            del self._idle[oldest]
            oldest.close()

    async def _open(self, origin: Origin) -> Connection:
        """A new connection to the first address of the host that passes and answers."""
        _, host, port = origin
        limit_s = self._options.connect_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                addresses = await addresses_of(host, port, host.lower() in self._trusted, self._resolve)
        except TimeoutError as fault:
            raise PictureFault(
                Reason.TIMED_OUT, f"the address of {host} was not found in {limit_s:g} s", is_retryable=True
            ) from fault
        failed: PictureFault | None = None
        for address in addresses:
            try:
                return await self._open_to(address, origin, limit_s / len(addresses))
            except PictureFault as fault:
                failed = fault
        raise failed or PictureFault(Reason.UNREACHABLE, f"{host} has no address")

    async def _open_to(self, address: Address, origin: Origin, limit_s: float) -> Connection:
        scheme, host, port = origin
        security = self._security if scheme == "https" else None
        name = host if security else None
        try:
            async with asyncio.timeout(limit_s):
                opened = await asyncio.open_connection(str(address), port, ssl=security, server_hostname=name)
        except TimeoutError as fault:
            raise PictureFault(
                Reason.UNREACHABLE, f"{host} did not take the connection in {limit_s:g} s", is_retryable=True
            ) from fault
        except ssl.SSLCertVerificationError as fault:
            raise PictureFault(
                Reason.BAD_CERTIFICATE, f"the certificate of {host} is not valid: {fault.verify_message}"
            ) from fault
        except OSError as fault:
            raise PictureFault(
                Reason.UNREACHABLE, f"{host} cannot be reached: {fault.strerror or fault}", is_retryable=True
            ) from fault
        return Connection(origin, *opened, self._options.read_timeout_s)

    @cached_property
    def _security(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()
