"""One picture asked for over HTTP, along its redirects, each of them judged anew."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Self

import httpx

from catalog_jobs.catalog.fetching.addresses import Resolve, resolve_name
from catalog_jobs.catalog.fetching.connections import Connections
from catalog_jobs.catalog.fetching.faults import PictureFault, Reason
from catalog_jobs.catalog.fetching.hosts import Hosts
from catalog_jobs.catalog.fetching.options import FetchOptions
from catalog_jobs.catalog.fetching.retries import retry_after_s

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
ANSWERS: Final = frozenset({
    HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_MODIFIED, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
})  # fmt: skip
PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
NAMED: Final[Mapping[int, Reason]] = {
    HTTPStatus.UNAUTHORIZED: Reason.FORBIDDEN,
    HTTPStatus.FORBIDDEN: Reason.FORBIDDEN,
    HTTPStatus.NOT_FOUND: Reason.NOT_FOUND,
    HTTPStatus.GONE: Reason.GONE,
    HTTPStatus.TOO_MANY_REQUESTS: Reason.OVERLOADED,
    HTTPStatus.SERVICE_UNAVAILABLE: Reason.OVERLOADED,
}
# Servers that choose a format by this header send the picture as it was uploaded where WebP and AVIF are not named.
ACCEPT: Final = b"image/jpeg,image/png,*/*;q=0.5"
PORT_LIMIT: Final = 65_536


@dataclass(frozen=True)
class Answer:
    """An answer that is about the picture: 200, 206, 304 or 416. headers: by lower-case name. chunks: the body, as it
    comes.
    """

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]

    @property
    def length_bytes(self) -> int | None:
        """What the server says the body has; None where it does not say, or no number."""
        told = self.headers.get("content-length", "")
        return int(told) if told.isdecimal() else None


class PictureClient:
    """Asks servers for pictures."""

    def __init__(self, options: FetchOptions, hosts: Hosts, resolve: Resolve = resolve_name) -> None:
        self._options = options
        self._hosts = hosts
        self._connections = Connections(options, resolve)
        self._headers = [
            (b"User-Agent", options.user_agent.encode("ascii", "replace")),
            (b"Accept", ACCEPT),
            (b"Accept-Encoding", b"identity"),
        ]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connections.close()

    @asynccontextmanager
    async def get(self, url: str, asked: Mapping[str, str]) -> AsyncIterator[Answer]:
        """The answer at the end of the redirects, open while the block runs. asked: headers of this request.

        Raises PictureFault for every other end, also for what befalls the body while the block reads it.
        """
        target = parsed(url)
        headers = self._headers + [(name.encode(), value.encode("latin-1")) for name, value in asked.items()]
        been: set[httpx.URL] = set()
        while True:
            been.add(target)
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(self._hosts.turn(target.host))
                stack.enter_context(self._judged(target.host))
                await stack.enter_async_context(asyncio.timeout(self._options.total_timeout_s))
                reply = await stack.enter_async_context(self._connections.ask(target, headers))
                self._hosts.answered(target.host)
                if reply.status in ANSWERS:
                    yield Answer(reply.status, reply.headers, reply.connection.chunks())
                    return
                await reply.drain()
                if reply.status not in REDIRECTS or "location" not in reply.headers:
                    raise self._refusal(target, reply.status, reply.headers)
            target = next_target(target, reply.headers["location"])
            if target in been or len(been) > self._options.max_redirects:
                how = "in a circle" if target in been else f"more than {self._options.max_redirects} times"
                raise PictureFault(Reason.TOO_MANY_REDIRECTS, f"it redirects {how}, last to {target}")

    def _refusal(self, target: httpx.URL, status: int, told: Mapping[str, str]) -> PictureFault:
        wait_s = retry_after_s(told.get("retry-after")) if status in PASSING else None
        if wait_s:
            self._hosts.rest(target.host, wait_s)
        asks = f" and asks to wait {wait_s:.0f} s" if wait_s else ""
        return PictureFault(
            NAMED.get(status, Reason.BAD_ANSWER),
            f"{target.host} answers {status}{asks}",
            is_retryable=status in PASSING,
            retry_after_s=wait_s,
        )

    @contextmanager
    def _judged(self, host: str) -> Iterator[None]:
        """Count the connections that did not come about, and name the end of the time for all of it."""
        try:
            yield
        except TimeoutError as fault:
            raise PictureFault(
                Reason.TIMED_OUT,
                f"{host} had not sent it whole after {self._options.total_timeout_s:g} s",
                is_retryable=True,
            ) from fault
        except PictureFault as fault:
            if fault.reason is Reason.UNREACHABLE:
                self._hosts.missed(host)
            raise


def parsed(url: str) -> httpx.URL:
    """The URL as it is asked for; raises `bad_url` unless it is http or https with a host."""
    try:
        target = httpx.URL(f"https:{url}" if url.startswith("//") else url)
    except (httpx.InvalidURL, UnicodeError) as fault:
        raise PictureFault(Reason.BAD_URL, f"it is no URL: {fault}") from fault
    return checked(target)


def next_target(target: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect leads."""
    try:
        return checked(target.join(location).copy_with(fragment=None))
    except (httpx.InvalidURL, UnicodeError) as fault:
        raise PictureFault(Reason.BAD_URL, f"{target.host} redirects to what is no URL: {fault}") from fault


def checked(target: httpx.URL) -> httpx.URL:
    """The URL itself if its scheme, host and port are such as are asked."""
    if target.scheme not in ("http", "https"):
        raise PictureFault(
            Reason.BAD_URL, f"its scheme is {target.scheme or 'missing'}; only http and https are fetched"
        )
    if not target.host:
        raise PictureFault(Reason.BAD_URL, "it names no host")
    if target.port is not None and not 0 < target.port < PORT_LIMIT:
        raise PictureFault(Reason.BAD_URL, f"its port is {target.port}, which is none")
    return target
