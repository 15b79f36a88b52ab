"""Small videos and pictures made by code, with a truth that is known."""

from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

REELS = Path(__file__).parent.parent.parent / "shared" / "data" / "reels"
NO_REELS = f"the reels are not beside the project ({REELS.name}/ in shared/data)"


def pattern(seed: int, size_wh: tuple[int, int] = (180, 320)) -> NDArray[np.uint8]:
    """A picture of coloured blocks that no other seed has (H×W×3 RGB)."""
    small = np.random.default_rng(seed).integers(30, 226, (8, 5, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(small, size_wh, interpolation=cv2.INTER_NEAREST), np.uint8)


def encode(path: Path, frames: Sequence[NDArray[np.uint8]], fps: int = 10) -> Path:
    """Write frames as an H.264 video in the container that the suffix names."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def clip(path: Path, seeds: Sequence[int], shot_frames: int = 10) -> bytes:
    """The bytes of a video with one still shot for each seed."""
    frames = [pattern(seed) for seed in seeds for _ in range(shot_frames)]
    return encode(path, frames).read_bytes()


def picture(seed: int) -> bytes:
    """The bytes of a JPEG."""
    return bytes(cv2.imencode(".jpg", pattern(seed)[..., ::-1])[1])
