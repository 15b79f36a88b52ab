"""Reels whose shots are known, from a folder of .mp4 files with truth.json."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from pydantic import BaseModel, TypeAdapter, ValidationError

from catalog_jobs.evaluate.data.class_folders import check_folder
from serve_app.models.pictures import Image


class TrueShot(BaseModel):
    """A shot that shows one photo."""

    photo: str
    start_s: float
    end_s: float


class TrueReel(BaseModel):
    """The shots of a reel in order."""

    shots: tuple[TrueShot, ...]


TRUTH = TypeAdapter(dict[str, TrueReel])


@dataclass(frozen=True)
class ReelFrame:
    """A frame of a reel and the photo that it shows."""

    photo: str
    time_s: float
    frame: Image


def read_reels(folder: Path, frames_a_shot: int) -> Iterator[tuple[str, list[ReelFrame]]]:
    """Name and frames of each reel: the middle of each shot, or several frames evenly within it.

    Raises ValueError for a folder without truth.json, a reel that is missing or cannot be decoded.
    """
    check_folder(folder, "--reels a folder of .mp4 files with truth.json")
    file = folder / "truth.json"
    try:
        truth = TRUTH.validate_python(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise ValueError(f"{file} tells no shots; it must map each reel's name to its shots") from error
    for name, reel in truth.items():
        times = [
            (shot.photo, shot.start_s + (shot.end_s - shot.start_s) * (at + 1) / (frames_a_shot + 1))
            for shot in reel.shots
            for at in range(frames_a_shot)
        ]
        pictures = decode_at(folder / f"{name}.mp4", [time_s for _, time_s in times])
        yield name, [ReelFrame(photo, time_s, p) for (photo, time_s), p in zip(times, pictures, strict=True)]


def decode_at(path: Path, times_s: Sequence[float]) -> list[Image]:
    """The frames (RGB) shown at these times, which must rise."""
    found: list[Image] = []
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                while len(found) < len(times_s) and frame.time is not None and frame.time >= times_s[len(found)]:
                    found.append(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
                if len(found) == len(times_s):
                    return found
    except (av.FFmpegError, OSError, IndexError) as error:
        raise ValueError(f"{path} is no video that can be decoded; put it beside truth.json or take it out") from error
    raise ValueError(
        f"{path} ends before {times_s[len(found)]:.2f} s, where truth.json has a shot; correct one of them"
    )
