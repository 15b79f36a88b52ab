"""Opening a video: by the demuxer that its bytes call for, with a codec on the list, and a header within the limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from functions.video.containers import Form, check_whole, track_sizes
from infra.errors import ErrorCode, ReelwearError

if TYPE_CHECKING:
    from infra.settings import VideoSettings

DECODERS = (
    "h264", "hevc", "vp8", "vp9", "libdav1d", "av1", "mpeg4", "mpeg2video", "mpeg1video", "mjpeg", "prores", "h263",
    "msmpeg4", "msmpeg4v2", "wmv2", "wmv3", "vc1", "flv", "theora", "dvvideo", "dnxhd", "ffv1", "rawvideo", "png",
)  # fmt: skip


@contextmanager
def open_video(path: Path, form: Form, settings: VideoSettings) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and the stream to decode, frame threads on.
    Raises truncated, not_media (damaged headers), too_many_streams, too_long, no_video_stream, unsupported_codec and
    too_many_pixels, all before a frame is decoded for us.
    """
    check_whole(path, form)
    for width, height in track_sizes(path) if form is Form.MOV else ():
        check_pixels(width, height, settings)
    options = {"protocol_whitelist": "file", "codec_whitelist": ",".join(DECODERS)}
    try:
        container = av.open(
            f"file:{path.absolute()}", "r", format=form.value, options=options, metadata_errors="replace"
        )
    except av.error.MemoryError:
        raise
    except av.error.EOFError as error:
        raise ReelwearError(
            ErrorCode.NO_FRAMES, f"the {form.value} file has headers and nothing behind them"
        ) from error
    except av.FFmpegError as error:
        raise ReelwearError(
            ErrorCode.NOT_MEDIA, f"the file looks like {form.value} but its headers are damaged ({error.strerror})"
        ) from error
    with container:
        check_container(container, settings)
        stream = video_stream(container)
        check_pixels(stream.codec_context.width, stream.codec_context.height, settings)
        stream.thread_type = "AUTO"
        for other in container.streams:
            if other is not stream:
                other.discard = Discard.all
        yield container, stream


def check_container(container: InputContainer, settings: VideoSettings) -> None:
    """Hold the container's header against the limits on streams and duration."""
    streams = len(container.streams)
    if streams > settings.max_streams:
        raise ReelwearError(
            ErrorCode.TOO_MANY_STREAMS,
            f"streams is {streams}, over the limit of {settings.max_streams}; raise REELWEAR_MAX_STREAMS",
        )
    if container.duration is not None:
        check_duration(container.duration / av.time_base, settings)


def check_duration(duration_s: float, settings: VideoSettings) -> None:
    """Raise too_long over `max_duration_s`."""
    if duration_s > settings.max_duration_s:
        raise ReelwearError(
            ErrorCode.TOO_LONG,
            f"duration_s is {duration_s:.0f}, over the limit of {settings.max_duration_s:.0f}; "
            "raise REELWEAR_MAX_DURATION_S",
        )


def check_pixels(width: int, height: int, settings: VideoSettings) -> None:
    """Raise too_many_pixels over `max_frame_pixels`."""
    if width * height > settings.max_frame_pixels:
        raise ReelwearError(
            ErrorCode.TOO_MANY_PIXELS,
            f"a frame has {width}x{height} pixels, over the limit of {settings.max_frame_pixels}; "
            "raise REELWEAR_MAX_FRAME_PIXELS",
        )


def video_stream(container: InputContainer) -> VideoStream:
    """The largest moving picture of a file (cover pictures do not count) that has a known decoder.
    Raises no_video_stream and unsupported_codec.
    """
    videos = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    if not videos:
        kinds = ", ".join(stream.type for stream in container.streams) or "nothing"
        raise ReelwearError(ErrorCode.NO_VIDEO_STREAM, f"the file has no video stream; it holds {kinds}")
    known = [stream for stream in videos if stream.codec_context is not None and stream.codec_context.name in DECODERS]
    if not known:
        codec = videos[0].codec_context.name if videos[0].codec_context is not None else "unknown"
        told = f"the video's codec is {codec}, which is not read; use H.264, HEVC, VP9 or AV1"
        raise ReelwearError(ErrorCode.UNSUPPORTED_CODEC, told)
    return max(known, key=lambda stream: stream.codec_context.width * stream.codec_context.height)
