"""The frames of a video, each once, with the time it is shown at."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from functions.video.jpeg import shown_size
from functions.video.probe import check_duration, check_pixels
from infra.errors import ErrorCode, ReelwearError

if TYPE_CHECKING:
    from infra.settings import VideoSettings

# A video of which less than this share of the promised duration can be decoded counts as cut off.
LEAST_DECODED_SHARE = 0.75
WIDEST_PIXEL = 4.0
USUAL_RATE = Fraction(25)


class Reel:
    """One pass over an open video. `frames` gives the frames; the rest is known once it has ended."""

    def __init__(self, container: InputContainer, stream: VideoStream, settings: VideoSettings) -> None:
        self._container, self._stream, self._settings = container, stream, settings
        self._frame_s = float(1 / (stream.average_rate or stream.guessed_rate or USUAL_RATE))
        self._unit_s = float(stream.time_base or 0)
        self._first_pts: int | None = None
        self._last_s = 0.0
        self.count = 0
        self.damaged_packets = 0
        self.end_s = 0.0
        self.size_wh = (0, 0)
        aspect = float(stream.codec_context.sample_aspect_ratio or 1)
        self.pixel_aspect = aspect if 1 / WIDEST_PIXEL <= aspect <= WIDEST_PIXEL else 1.0

    def frames(self) -> Iterator[tuple[av.VideoFrame, float]]:
        """Each frame with its presentation time in seconds; the first is at 0, and times rise.
        Packets that do not decode are counted and passed over. Raises too_many_pixels, too_long (by time or frames),
        no_frames, and truncated where far less comes out than the header promises.
        """
        for frame in self._decoded():
            check_pixels(frame.width, frame.height, self._settings)
            time_s = self._time_s(frame)
            check_duration(time_s, self._settings)
            if not self.count:
                self.size_wh = shown_size(frame, self.pixel_aspect)
            self.count += 1
            if self.count > self._settings.max_frames:
                raise ReelwearError(
                    ErrorCode.TOO_LONG,
                    f"frames is over the limit of {self._settings.max_frames}; raise REELWEAR_MAX_FRAMES",
                )
            self._last_s = time_s
            self.end_s = time_s + self._shown_s(frame)
            yield frame, time_s
        self._check_complete()

    @property
    def fps(self) -> float:
        """Frames a second, on average over the video."""
        return round(self.count / self.end_s, 3) if self.end_s else 0.0

    def _decoded(self) -> Iterator[av.VideoFrame]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.error.MemoryError, StopIteration):
                raise
            except av.FFmpegError:
                # The rest of the file cannot be told apart into packets; what the decoder still holds is asked for.
                self.damaged_packets += 1
                packet = None
            if packet is None:
                return
            try:
                frames = self._stream.codec_context.decode(packet)
            except (av.error.MemoryError, av.error.BlockingIOError):
                raise
            except av.FFmpegError:
                self.damaged_packets += 1
                continue
            yield from frames

    def _time_s(self, frame: av.VideoFrame) -> float:
        """The time of a frame by its own stamp, or one frame after the last where it has none or goes back."""
        next_s = self._last_s + self._frame_s if self.count else 0.0
        if frame.pts is None:
            return next_s
        if self._first_pts is None:
            self._first_pts = frame.pts
        time_s = (frame.pts - self._first_pts) * self._unit_s
        return time_s if time_s > self._last_s or not self.count else next_s

    def _shown_s(self, frame: av.VideoFrame) -> float:
        """How long a frame stays, by its own word or by the rate."""
        return frame.duration * self._unit_s or self._frame_s

    def _check_complete(self) -> None:
        if not self.count:
            raise ReelwearError(
                ErrorCode.NO_FRAMES,
                f"the video stream gave no frame; {self.damaged_packets} packets could not be decoded",
            )
        promises_s = [
            float(duration * unit)
            for duration, unit in (
                (self._stream.duration, self._stream.time_base),
                (self._container.duration, Fraction(1, av.time_base)),
            )
            if duration and unit
        ]
        is_told = self._stream.duration is not None
        if is_told and self.end_s < LEAST_DECODED_SHARE * min(promises_s):
            raise ReelwearError(
                ErrorCode.TRUNCATED,
                f"the video promises {min(promises_s):.1f} s and gives {self.end_s:.1f} s; upload it again",
            )
