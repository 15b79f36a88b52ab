"""A video into its shots and one good frame of each: decoded once, from the first frame to the last."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import av

from functions.video.containers import Form, form_of
from functions.video.glance import Glance, Glancer, Quality
from functions.video.images import read_image
from functions.video.jpeg import Developer, image_jpeg
from functions.video.keyframes import Album, Choice, KeyframeChooser, Page, Shot
from functions.video.probe import open_video
from functions.video.reel import Reel
from functions.video.shots import ShotDetector
from infra.errors import ErrorCode, ReelwearError

if TYPE_CHECKING:
    from infra.settings import VideoSettings

__all__ = ["Keyframe", "Media", "Shot", "Split", "split"]

# Faster than this nothing is seen that matters for shots; a cut found between two looks is placed by what lies there.
LOOK_EVERY_S = 0.075
MOST_PASSED = 6


@dataclass(frozen=True)
class Media:
    """What was decoded. Width and height as shown: upright, with square pixels. An image has no duration, no rate."""

    kind: Literal["video", "image"]
    width: int
    height: int
    fps: float
    duration_s: float
    codec: str


@dataclass(frozen=True)
class Keyframe:
    """A frame that stands for `shot` (a shot, or a stretch of a long one) and for `returns`, later spans like it."""

    index: int
    time_s: float
    shot: Shot
    width: int
    height: int
    jpeg: bytes
    returns: tuple[Shot, ...] = ()


@dataclass(frozen=True)
class Split:
    """All that is kept of a video. Shots in order; keyframes in order of time, indices from 0; measures of the work:
    `frames`, `seconds`, `frames_per_s`, `damaged_packets`.
    """

    media: Media
    shots: tuple[Shot, ...]
    keyframes: tuple[Keyframe, ...]
    measures: dict[str, float]


def split(path: Path, settings: VideoSettings) -> Split:
    """Split a video, or take an image as a video of one keyframe.
    Raises ReelwearError: empty_file, too_large, not_media, truncated, too_many_streams, too_long, no_video_stream,
    unsupported_codec, too_many_pixels, no_frames.
    """
    size_bytes = path.stat().st_size
    if size_bytes > settings.max_size_bytes:
        raise ReelwearError(
            ErrorCode.TOO_LARGE,
            f"size_bytes is {size_bytes}, over the limit of {settings.max_size_bytes}; raise REELWEAR_MAX_SIZE_BYTES",
        )
    form = form_of(path)
    return _split_image(path, form, settings) if form.is_image else _split_video(path, form, settings)


def _split_image(path: Path, form: Form, settings: VideoSettings) -> Split:
    started = time.perf_counter()
    pixels = read_image(path, form, settings)
    media = Media("image", pixels.shape[1], pixels.shape[0], 0.0, 0.0, form.value)
    shot = Shot(0.0, 0.0)
    keyframes = _keyframes([Page(0.0, [shot], image_jpeg(pixels, settings.keyframe_long_side_px))])
    return Split(media, (shot,), keyframes, _measures(1, 0, started))


def _split_video(path: Path, form: Form, settings: VideoSettings) -> Split:
    started = time.perf_counter()
    with open_video(path, form, settings) as (container, stream):
        reel = Reel(container, stream, settings)
        shots, pages = _choose(reel, settings)
        media = Media("video", *reel.size_wh, reel.fps, reel.end_s, stream.codec_context.name)
    return Split(media, shots, _keyframes(pages), _measures(reel.count, reel.damaged_packets, started))


def _choose(reel: Reel, settings: VideoSettings) -> tuple[tuple[Shot, ...], list[Page]]:
    """The one pass: each frame is looked at, the shots settle a little behind it, their best frames go into an album.
    There is an album for each quality, so that a video of nothing but black still gives a picture.
    """
    develop = Developer(reel.pixel_aspect, settings.keyframe_long_side_px).develop
    albums = {quality: Album(settings.max_keyframes, develop) for quality in sorted(Quality, reverse=True)}

    def keep(choices: Iterable[Choice[av.VideoFrame]]) -> None:
        for choice in choices:
            albums[choice.quality].add(choice)

    detector, chooser = ShotDetector(), KeyframeChooser[av.VideoFrame]()
    for frame, glance, is_jump in _watch(reel, detector):
        chooser.add(glance, frame, is_jump)
        keep(chooser.settle(detector.take(), detector.settled_s))
    detector.finish()
    keep(chooser.settle(detector.take(), reel.end_s))
    keep(chooser.finish(reel.end_s))
    pages = next(album.pages for album in albums.values() if album.pages)
    return tuple(chooser.shots) or (Shot(0.0, reel.end_s),), pages


def _watch(reel: Reel, detector: ShotDetector) -> Iterator[tuple[av.VideoFrame, Glance, bool]]:
    """The frames that are looked at, LOOK_EVERY_S or more apart, each fed to the detector, and whether it may begin a
    shot. Where one may, the frames passed over before it are looked at as well, so that a cut is placed to the frame.
    """
    glancer, next_s = Glancer(), 0.0
    passed: deque[tuple[av.VideoFrame, float]] = deque(maxlen=MOST_PASSED)
    for frame, time_s in reel.frames():
        passed.append((frame, time_s))
        if time_s < next_s:
            continue
        glance = glancer.look(frame, time_s)
        moment = detector.measure(glance)
        if moment.is_jump and len(passed) > 1:
            for late, late_s in list(passed)[:-1]:
                late_glance = glancer.look(late, late_s)
                late_moment = detector.measure(late_glance)
                detector.feed(late_moment)
                yield late, late_glance, late_moment.is_jump
            moment = detector.measure(glance)
        detector.feed(moment)
        yield frame, glance, moment.is_jump
        next_s = time_s + LOOK_EVERY_S
        passed.clear()


def _keyframes(pages: Iterable[Page]) -> tuple[Keyframe, ...]:
    keyframes: list[Keyframe] = []
    for i, page in enumerate(pages):
        first, *returns = page.spans
        jpeg = page.jpeg
        keyframes.append(Keyframe(i, page.time_s, first, jpeg.width, jpeg.height, jpeg.data, tuple(returns)))
    return tuple(keyframes)


def _measures(frames: int, damaged_packets: int, started: float) -> dict[str, float]:
    seconds = time.perf_counter() - started
    return {
        "frames": frames,
        "damaged_packets": damaged_packets,
        "seconds": round(seconds, 4),
        "frames_per_s": round(frames / seconds, 1),
    }
