"""How the stack as a whole does: each figure is a ratio of two times, or of two memories, taken in one run."""

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import av
import psutil

from tests.end_to_end.running import Stack
from tests.media import clip, picture

PATIENCE_S = 1800.0
SAMPLE_EVERY_S = 0.05


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, how it came out, and what it is to reach."""

    name: str
    value: float
    target: str
    is_reached: bool
    detail: str


def seconds_to_ready(stack: Stack, name: str, data: bytes) -> float:
    """From the acknowledged PUT to the published document."""
    key, etag = stack.put(name, data)
    began_s = time.perf_counter()
    document = stack.settle(key, etag, PATIENCE_S)
    assert document["state"] == "ready", document["error"]
    return time.perf_counter() - began_s


def distinct(data: bytes, number: int) -> bytes:
    """The same MP4 as other bytes: players skip a trailing `free` box."""
    note = f"copy {number}".encode()
    return data + (8 + len(note)).to_bytes(4, "big") + b"free" + note


def duration_s(path: Path) -> float:
    """Length of a video by its header."""
    with av.open(str(path)) as container:
        return (container.duration or 0) / av.time_base


def share_of_duration(stack: Stack, reels: list[Path], rounds: int = 3) -> Figure:
    """Time from the acknowledged PUT to ready over the reel's duration, stack warm."""
    seconds_to_ready(stack, "bench/warm.mp4", distinct(reels[0].read_bytes(), 0))
    ratios = [
        seconds_to_ready(stack, f"bench/{turn}-{reel.name}", distinct(reel.read_bytes(), 1 + turn)) / duration_s(reel)
        for turn in range(rounds)
        for reel in reels
    ]
    median = statistics.median(ratios)
    detail = f"{min(ratios):.3f} to {max(ratios):.3f} over {len(reels)} reels, {rounds} rounds"
    return Figure("PUT acknowledged to ready, over the duration of the reel", median, "≤ 0.35", median <= 0.35, detail)


def eight_at_once(stack: Stack, reels: list[Path]) -> Figure:
    """Eight reels dropped at once, over the time of one, alone, of the same reels."""
    alone = [seconds_to_ready(stack, f"bench/alone-{r.name}", distinct(r.read_bytes(), 50)) for r in reels]
    began_s = time.perf_counter()
    uploads = [stack.put(f"bench/together-{reel.name}", distinct(reel.read_bytes(), 51)) for reel in reels]
    for upload in uploads:
        assert stack.settle(*upload, PATIENCE_S)["state"] == "ready"
    together = time.perf_counter() - began_s
    ratio = together / statistics.mean(alone)
    detail = f"{together:.1f} s together, {statistics.mean(alone):.2f} s each alone"
    return Figure(f"{len(reels)} reels at once, over one", ratio, f"≤ {len(reels)}", ratio <= len(reels), detail)


def one_more(stack: Stack, folder: Path, few: int = 10, many: int = 1000) -> Figure:
    """The time of one more video with many stored, over that with few stored."""
    fill(stack, 0, few)
    with_few = statistics.median(probe(stack, folder, turn) for turn in range(7))
    fill(stack, few, many)
    with_many = statistics.median(probe(stack, folder, 100 + turn) for turn in range(7))
    ratio = with_many / with_few
    detail = f"{with_few:.2f} s with {few}, {with_many:.2f} s with {many} more stored"
    return Figure("one more video, many stored over few stored", ratio, "≤ 1.1", ratio <= 1.1, detail)


def fill(stack: Stack, start: int, end: int) -> None:
    """Store small pictures as videos, and wait for the last of them."""
    uploads = [stack.put(f"fill/{number}.jpg", picture(10_000 + number)) for number in range(start, end)]
    for upload in uploads:
        stack.settle(*upload, PATIENCE_S)


def probe(stack: Stack, folder: Path, number: int) -> float:
    """The time of one small video."""
    return seconds_to_ready(
        stack, f"probe/{number}.mp4", clip(folder / "probe.mp4", [20_000 + number, 30_000 + number])
    )


def memory_of_the_host(stack: Stack, short: Path, long: Path) -> list[Figure]:
    """Peak resident memory of the function host, with a video of ten seconds and with one of ten minutes."""
    peaks = [peak_bytes(stack, f"bench/memory-{path.name}", path.read_bytes()) for path in (short, long)]
    largest_mb, ratio = max(peaks) / 1e6, peaks[1] / peaks[0]
    detail = f"{peaks[0] / 1e6:.0f} MB at ten seconds, {peaks[1] / 1e6:.0f} MB at ten minutes"
    return [
        Figure("function host, resident memory at its peak, MB", largest_mb, "< 700", largest_mb < 700, detail),
        Figure("the same, ten minutes over ten seconds", ratio, "0.9 to 1.1", 0.9 <= ratio <= 1.1, detail),
    ]


def peak_bytes(stack: Stack, name: str, data: bytes) -> int:
    """Largest resident memory of the host process while one video is worked on."""
    host = psutil.Process(stack.part_pid("host"))
    key, etag = stack.put(name, data)
    peak, end = 0, time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        peak = max(peak, host.memory_info().rss)
        if stack.status(key, etag)["state"] in ("ready", "failed", "partial"):
            return peak
        time.sleep(SAMPLE_EVERY_S)
    raise AssertionError(f"{name} was not finished within {PATIENCE_S} s")


def lengthened(source: Path, target: Path, at_least_s: float) -> Path:
    """The same coded frames again and again, without decoding them, until the video is long enough."""
    with av.open(str(source)) as reading, av.open(str(target), "w") as writing:
        stream = reading.streams.video[0]
        copy = writing.add_stream_from_template(stream)
        packets = [packet for packet in reading.demux(stream) if packet.dts is not None]
        assert stream.time_base is not None
        length = max((packet.pts or 0) + (packet.duration or 0) for packet in packets)
        rounds = int(at_least_s / float(length * stream.time_base)) + 1
        for turn in range(rounds):
            reading.seek(0)
            for packet in reading.demux(stream):
                if packet.dts is None or packet.pts is None:
                    continue
                packet.pts, packet.dts = packet.pts + turn * length, packet.dts + turn * length
                packet.stream = copy
                writing.mux(packet)
    return target
