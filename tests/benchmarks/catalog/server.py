"""A picture server in a process of its own, so that it takes no time from those that are measured."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

PICTURES = 64
PROGRAM = """
import asyncio, sys
from pathlib import Path

bodies = [path.read_bytes() for path in sorted(Path(sys.argv[1]).glob("*.jpg"))]

async def serve(reader, writer):
    while True:
        try:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
        except (asyncio.IncompleteReadError, ConnectionResetError):
            break
        number = int(head.split(b" ", 2)[1].partition(b"?")[0].strip(b"/"))
        body = bodies[number]
        writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Type: image/jpeg\\r\\nETag: \\"%d\\"\\r\\n" % number)
        writer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
        await writer.drain()
    writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


@dataclass(frozen=True)
class PictureServer:
    """Where it answers, with how many pictures of which mean size."""

    url: str
    pictures: int
    mean_bytes: float


@contextmanager
def picture_server(folder: Path, count: int = PICTURES) -> Iterator[PictureServer]:
    """Serve JPEGs of 600×800 pixels at /0, /1, …; ended with the block."""
    folder.mkdir(parents=True)
    sizes = [_write_picture(folder / f"{number:03d}.jpg", number) for number in range(count)]
    server = subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield PictureServer(f"http://127.0.0.1:{int(server.stdout.readline())}", count, sum(sizes) / count)
    finally:
        server.kill()
        server.wait()


def _write_picture(path: Path, seed: int) -> int:
    noise = np.random.default_rng(seed).integers(0, 255, (100, 75, 3), np.uint8)
    cv2.imwrite(str(path), cv2.resize(noise, (600, 800), interpolation=cv2.INTER_CUBIC), [cv2.IMWRITE_JPEG_QUALITY, 85])
    return path.stat().st_size
