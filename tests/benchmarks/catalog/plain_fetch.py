"""The least that a client of asyncio can do: ask over kept connections, write what comes; nothing checked or noted."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit


def fetch_plainly(urls: Sequence[str], folder: Path, at_once: int) -> float:
    """Fetch URLs of one host to numbered files, so many at once; the seconds."""
    folder.mkdir(parents=True)
    began_s = time.perf_counter()
    asyncio.run(_fetch_all(urls, folder, at_once))
    return time.perf_counter() - began_s


async def _fetch_all(urls: Sequence[str], folder: Path, at_once: int) -> None:
    rest = iter(enumerate(urls))
    await asyncio.gather(*(_fetch_some(rest, folder) for _ in range(at_once)))


async def _fetch_some(rest: Iterator[tuple[int, str]], folder: Path) -> None:
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    for number, url in rest:
        parts = urlsplit(url)
        connection = connection or await asyncio.open_connection(parts.hostname, parts.port, limit=2**20)
        reader, writer = connection
        writer.write(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        (folder / f"{number}.jpg").write_bytes(await reader.readexactly(length))
    if connection:
        connection[1].close()
        await connection[1].wait_closed()
