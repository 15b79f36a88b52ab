"""What one would write without us: an asyncio client that writes what comes to files; nothing is checked or noted."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import aiohttp
import httpx

Get = Callable[[str], Awaitable[bytes]]


def fetch_by_httpx(urls: Sequence[str], folder: Path, at_once: int) -> float:
    """Fetch URLs to numbered files, so many at once; the seconds."""
    return _timed(_by_httpx(urls, folder, at_once))


def fetch_by_aiohttp(urls: Sequence[str], folder: Path, at_once: int) -> float:
    """The same by a client whose protocol is written in C."""
    return _timed(_by_aiohttp(urls, folder, at_once))


async def _by_httpx(urls: Sequence[str], folder: Path, at_once: int) -> None:
    async with httpx.AsyncClient() as client:

        async def get(url: str) -> bytes:
            return (await client.get(url)).raise_for_status().content

        await _fetch_all(urls, folder, at_once, get)


async def _by_aiohttp(urls: Sequence[str], folder: Path, at_once: int) -> None:
    async with aiohttp.ClientSession(raise_for_status=True) as client:

        async def get(url: str) -> bytes:
            async with client.get(url) as answer:
                return await answer.read()

        await _fetch_all(urls, folder, at_once, get)


async def _fetch_all(urls: Sequence[str], folder: Path, at_once: int, get: Get) -> None:
    folder.mkdir(parents=True)
    turns = asyncio.Semaphore(at_once)

    async def fetch(number: int, url: str) -> None:
        async with turns:
            (folder / f"{number}.jpg").write_bytes(await get(url))

    await asyncio.gather(*(fetch(number, url) for number, url in enumerate(urls)))


def _timed(work: Awaitable[None]) -> float:
    async def run() -> None:
        await work

    began_s = time.perf_counter()
    asyncio.run(run())
    return time.perf_counter() - began_s
