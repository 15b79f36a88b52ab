"""Videos and pictures made in code, with known truth."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]

WIDTH, HEIGHT, RATE = 144, 256, 25


def picture(seed: int, width: int = WIDTH, height: int = HEIGHT, patch: int = 16) -> Rgb:
    """A picture of coloured patches and fine grain, unlike that of any other seed."""
    rng = np.random.default_rng(seed)
    patches = rng.integers(0, 256, (height // patch + 1, width // patch + 1, 3))
    grain = rng.integers(-12, 13, (height, width, 1))
    coarse = np.kron(patches, np.ones((patch, patch, 1)))[:height, :width]
    return np.asarray(np.clip(coarse + grain, 0, 255), np.uint8)


def plain(red: int, green: int, blue: int, width: int = WIDTH, height: int = HEIGHT) -> Rgb:
    """A picture of one colour."""
    return np.full((height, width, 3), (red, green, blue), np.uint8)


def held(image: Rgb, seconds: float, rate: int = RATE) -> list[Rgb]:
    """A still shot."""
    return [image] * round(seconds * rate)


def dissolve(one: Rgb, other: Rgb, seconds: float, rate: int = RATE) -> list[Rgb]:
    """The frames of a linear dissolve, both ends left out."""
    steps = round(seconds * rate)
    shares = [(i + 1) / (steps + 1) for i in range(steps)]
    return [(one * (1 - share) + other * share).astype(np.uint8) for share in shares]


def write_video(
    path: Path,
    frames: Iterable[Rgb],
    rate: int = RATE,
    codec: str = "libx264",
    times_s: Sequence[float] | None = None,
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
) -> Path:
    """Encode the frames, at a fixed rate or at given times (milliseconds are kept)."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, VideoStream)
        stream.pix_fmt = pixel_format
        unit = Fraction(1, rate) if times_s is None else Fraction(1, 1000)
        stream.codec_context.time_base = unit
        if codec == "libx264":
            stream.options = {"preset": "ultrafast", "crf": "18"}
        for i, pixels in enumerate(frames):
            if not i:
                stream.height, stream.width = pixels.shape[:2]
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format=pixel_format)
            frame.pts = i if times_s is None else round(times_s[i] * 1000)
            frame.time_base = unit
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_sound(path: Path, seconds: float = 1.0) -> Path:
    """An mp4 with a sound track alone."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16_000)
        for i in range(round(seconds * 16_000 / 1024)):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 16_000, i * 1024, Fraction(1, 16_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def turn(path: Path, degrees_clockwise: int) -> None:
    """Write a display matrix of a quarter turn into the track header of an mp4, as phones do."""
    cos, sin = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees_clockwise]
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 40
    matrix = [cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30]
    data[place : place + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in matrix)
    path.write_bytes(data)


def patch_after(path: Path, mark: bytes, offset: int, new: bytes) -> None:
    """Overwrite bytes at an offset behind the first place of a mark."""
    data = bytearray(path.read_bytes())
    place = data.index(mark) + len(mark) + offset
    data[place : place + len(new)] = new
    path.write_bytes(data)
