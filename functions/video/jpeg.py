"""A frame as it is shown: pixels squared, scaled, turned upright, and encoded."""

from dataclasses import dataclass

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

JPEG_QUALITY = 90
TURNS = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}


@dataclass(frozen=True)
class Jpeg:
    """An encoded picture and its size."""

    width: int
    height: int
    data: bytes


def quarter_turns(frame: av.VideoFrame) -> int:
    """How many quarter turns counterclockwise bring the frame upright, by its display matrix: 0 to 3."""
    return round(frame.rotation / 90) % 4


def shown_size(frame: av.VideoFrame, pixel_aspect: float) -> tuple[int, int]:
    """Width and height as shown: pixels made square by widening, then turned."""
    width, height = round(frame.width * pixel_aspect), frame.height
    return (height, width) if quarter_turns(frame) % 2 else (width, height)


class Developer:
    """Turns frames into JPEGs as shown, their long side at most `long_side_px`. Colours follow a frame's tags; untagged
    ones are read as BT.601, as FFmpeg does.
    """

    def __init__(self, pixel_aspect: float, long_side_px: int) -> None:
        self._pixel_aspect, self._long_side_px = pixel_aspect, long_side_px
        # Kept from frame to frame: setting it up costs more than using it.
        self._reformatter = VideoReformatter()

    def develop(self, frame: av.VideoFrame) -> Jpeg:
        """The frame, squared, scaled, turned and encoded."""
        width, height = round(frame.width * self._pixel_aspect), frame.height
        scale = min(1.0, self._long_side_px / max(width, height))
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        how = "AREA" if scale < 1 else None
        pixels = self._reformatter.reformat(frame, *size, format="bgr24", interpolation=how).to_ndarray()
        turns = quarter_turns(frame)
        return encode(np.asarray(cv2.rotate(pixels, TURNS[turns]) if turns else pixels))


def image_jpeg(pixels: NDArray[np.uint8], long_side_px: int) -> Jpeg:
    """A BGR picture, HxWx3, its long side at most `long_side_px`."""
    height, width = pixels.shape[:2]
    scale = long_side_px / max(width, height)
    if scale < 1:
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return encode(pixels)


def encode(pixels: NDArray[np.uint8]) -> Jpeg:
    """A BGR picture at JPEG_QUALITY."""
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return Jpeg(pixels.shape[1], pixels.shape[0], data.tobytes())
