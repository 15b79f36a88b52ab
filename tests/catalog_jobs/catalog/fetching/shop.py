"""A shop's picture server on loopback that does what servers do: breaks off, stalls, lies, redirects, asks for rest."""

import asyncio
import contextlib
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_address

from catalog_jobs.catalog.fetching.addresses import Address
from catalog_jobs.catalog.fetching.faults import PictureFault, Reason

CHUNK_BYTES = 16 * 1024


@dataclass
class Served:
    """What is answered at a path. told_bytes: the Content-Length, -1 for none. breaks_after, stalls_after: bytes of the
    body. times: how often, before the next of the path is; 0 is always.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str = ""
    last_modified: str = ""
    knows_ranges: bool = False
    told_bytes: int | None = None
    is_chunked: bool = False
    breaks_after: int | None = None
    stalls_after: int | None = None
    drip_s: float = 0.0
    delay_s: float = 0.0
    times: int = 0


@dataclass(frozen=True)
class Asked:
    """One request. headers: by lower-case name."""

    host: str
    path: str
    headers: dict[str, str]


@dataclass
class Shop:
    """The server: what it serves by path, and what it was asked."""

    served: dict[str, list[Served]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    sent_bytes: int = 0
    now: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    port: int = 0
    open_now: int = 0
    requests_a_connection: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, path: str, *answers: Served) -> str:
        """Answer so at a path; its URL."""
        self.served[path] = list(answers)
        return f"{self.url}{path}"

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]

    async def resolve(self, host: str, _port: int) -> list[Address]:
        """A name server of the tests: every name under .example lies here."""
        if host.endswith(".example") or host in ("127.0.0.1", "localhost"):
            return [ip_address("127.0.0.1")]
        raise PictureFault(Reason.UNKNOWN_HOST, f"{host} has no address")

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_now += 1
        left = self.requests_a_connection
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                asked = parsed(head)
                self.asked.append(asked)
                for name in (asked.host, "all"):
                    self.now[name] += 1
                    self.most[name] = max(self.most[name], self.now[name])
                try:
                    is_open = await self.answer(asked, writer)
                finally:
                    for name in (asked.host, "all"):
                        self.now[name] -= 1
                left -= 1
                if not is_open or not left:
                    break
        self.open_now -= 1
        writer.close()

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        """Send one answer; whether the connection stays open."""
        answers = self.served.get(asked.path) or [Served(b"nothing here", 404)]
        served = answers[0]
        if served.times:
            served.times -= 1
            if not served.times and len(answers) > 1:
                answers.pop(0)
        await asyncio.sleep(served.delay_s)
        status, body, headers = self.chosen(asked, served)
        if served.is_chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif served.told_bytes != -1:
            headers["Content-Length"] = str(len(body) if served.told_bytes is None else served.told_bytes)
        lines = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            *(f"{name}: {told}" for name, told in headers.items()),
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        return await self.send(served, b"" if status == HTTPStatus.NOT_MODIFIED else body, writer)

    def chosen(self, asked: Asked, served: Served) -> tuple[int, bytes, dict[str, str]]:
        headers = {"ETag": served.etag, "Last-Modified": served.last_modified}
        headers = {name: told for name, told in headers.items() if told} | served.headers
        told = asked.headers
        if served.status == HTTPStatus.OK and (
            (served.etag and told.get("if-none-match") == served.etag)
            or (not served.etag and served.last_modified and told.get("if-modified-since") == served.last_modified)
        ):
            return HTTPStatus.NOT_MODIFIED, b"", headers
        wanted = told.get("range", "")
        if (
            not wanted
            or not served.knows_ranges
            or told.get("if-range") not in (served.etag, served.last_modified, None)
        ):
            return served.status, served.body, headers
        start, size = int(wanted.removeprefix("bytes=").rstrip("-")), len(served.body)
        if start >= size:
            return HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"", headers | {"Content-Range": f"bytes */{size}"}
        told_range = {"Content-Range": f"bytes {start}-{size - 1}/{size}"}
        return HTTPStatus.PARTIAL_CONTENT, served.body[start:], told_range | headers

    async def send(self, served: Served, body: bytes, writer: asyncio.StreamWriter) -> bool:
        stop = served.breaks_after if served.breaks_after is not None else served.stalls_after
        body = body[:stop]
        step = 1 if served.drip_s else CHUNK_BYTES
        for at in range(0, len(body), step):
            piece = body[at : at + step]
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece) if served.is_chunked else piece)
            await writer.drain()
            self.sent_bytes += len(piece)
            await asyncio.sleep(served.drip_s)
        if served.stalls_after is not None:
            await asyncio.sleep(3600)
        if served.is_chunked and served.breaks_after is None:
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        return served.breaks_after is None and served.told_bytes is None


def parsed(head: bytes) -> Asked:
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): told for name, told in (line.split(": ", 1) for line in lines)}
    return Asked(headers["host"].partition(":")[0], first.split(" ")[1], headers)


@contextmanager
def open_shop(security: ssl.SSLContext | None = None) -> Iterator[Shop]:
    """The server in a thread of its own, over TLS where a context is given."""
    shop, is_open, loop = Shop(), threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        server = await asyncio.start_server(shop.handle, "127.0.0.1", 0, limit=64 * 1024, ssl=security)
        shop.port = server.sockets[0].getsockname()[1]
        is_open.set()
        await stop.wait()
        server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def run() -> None:
        with contextlib.closing(loop):
            loop.run_until_complete(serve())

    thread = threading.Thread(target=run)
    thread.start()
    is_open.wait()
    try:
        yield shop
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
