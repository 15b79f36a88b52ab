"""A look: one garment in one frame, with all that telling it apart from others needs."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from functions.tagging.color import ClothColor, cloth_color
from functions.tagging.color_names import Lab, to_lab
from functions.tagging.taxonomy import garment_type, min_share
from infra.errors import ErrorCode, ReelwearError
from infra.settings import TaggingSettings
from serve_app.contract import Box, Detection, Mask, Vector, decode_rle, decode_vector

THUMBNAIL_WH = (12, 12)
BORDER_SHARE = 0.01
CUT_FACTOR = 0.6
# Variance of the Laplacian at which a crop counts as half sharp; street photographs lie between 50 and 2,000.
HALF_SHARP = 80.0
# Part of the box, from its middle, that stands for the garment where no mask was given.
CORE_OF_BOX = 0.6


@dataclass(frozen=True)
class SeenFrame:
    """A keyframe and what the models found in it.

    index: its number among the video's keyframes. start_s, end_s: the part of its shot that it stands for.
    picture: its JPEG, or its pixels; the boxes and masks of the detections are on its grid.
    """

    index: int
    time_s: float
    start_s: float
    end_s: float
    picture: bytes | NDArray[np.uint8]
    detections: tuple[Detection, ...]

    def pixels(self) -> NDArray[np.uint8]:
        """RGB, H×W×3. A JPEG is decoded at each call, so that many frames can wait without filling the memory."""
        if isinstance(self.picture, bytes):
            return np.asarray(cv2.imdecode(np.frombuffer(self.picture, np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8)
        return self.picture


@dataclass(frozen=True)
class Look:
    """One garment in one frame.

    frame: position of its frame in order of time. wearer: number within the frame, negative for one that the models
    did not tell. box: x0, y0, x1, y1 inside the frame. share: of the frame's area. quality: how well it is shown.
    """

    frame: int
    detection: Detection
    type: str
    wearer: int
    box: Box
    frame_wh: tuple[int, int]
    share: float
    color: ClothColor | None
    vector: Vector | None
    quality: float

    @cached_property
    def centre(self) -> tuple[float, float]:
        """Middle of the box in shares of the frame's longer side."""
        x0, y0, x1, y1 = self.box
        side = max(self.frame_wh)
        return (x0 + x1) / 2 / side, (y0 + y1) / 2 / side


def looks_of(position: int, frame: SeenFrame, pixels: NDArray[np.uint8], settings: TaggingSettings) -> list[Look]:
    """The garments of a frame that are sure and large enough, in an order that does not depend on the detections'.

    pixels: the frame's, RGB. Raises MODEL_REFUSED if a mask or a vector cannot be read, or a mask is not of the
    frame's size.
    """
    looks = []
    for number, detection in enumerate(sorted(frame.detections, key=detection_order)):
        look = look_of(position, pixels, detection, -1 - number, settings)
        if look:
            looks.append(look)
    return looks


def detection_order(detection: Detection) -> tuple[object, ...]:
    """A sort key over all that a detection says, so that equal keys mean equal detections."""
    mask = detection.mask.counts if detection.mask else ""
    wearer = -1 if detection.wearer is None else detection.wearer
    return wearer, detection.label, detection.box, -detection.score, mask, detection.vector or ""


def look_of(
    position: int, picture: NDArray[np.uint8], detection: Detection, lone_wearer: int, settings: TaggingSettings
) -> Look | None:
    """One detection as a look; None if it is no garment, too unsure or too small."""
    kind = garment_type(detection.label)
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = pixel_box(detection.box, (width, height))
    if kind is None or detection.score < settings.min_detection_score or x1 <= x0 or y1 <= y0:
        return None
    mask = mask_of(detection, (width, height))[y0:y1, x0:x1]
    area_px = np.count_nonzero(mask) if detection.mask else mask.size
    share = float(area_px / (height * width))
    if share == 0 or share < min_share(kind, settings.min_item_share):
        return None
    pixels = picture[y0:y1, x0:x1]
    box = (float(x0), float(y0), float(x1), float(y1))
    return Look(
        frame=position,
        detection=detection,
        type=kind,
        wearer=lone_wearer if detection.wearer is None else detection.wearer,
        box=box,
        frame_wh=(width, height),
        share=share,
        color=cloth_color(pixels, mask),
        vector=vector_of(detection),
        quality=quality(pixels, share, detection.score, is_cut(box, (width, height))),
    )


def pixel_box(box: Box, frame_wh: tuple[int, int]) -> tuple[int, int, int, int]:
    """The whole pixels that a box touches, inside the frame."""
    width, height = frame_wh
    x0, y0 = max(0, int(np.floor(box[0]))), max(0, int(np.floor(box[1])))
    return x0, y0, min(width, int(np.ceil(box[2]))), min(height, int(np.ceil(box[3])))


def mask_of(detection: Detection, frame_wh: tuple[int, int]) -> Mask:
    """The detection's mask on the frame's grid (H×W), or the middle of its box where it has none."""
    width, height = frame_wh
    if detection.mask is None:
        return middle_of_box(pixel_box(detection.box, frame_wh), frame_wh)
    try:
        mask = decode_rle(detection.mask)
    except ValueError as error:
        raise ReelwearError(ErrorCode.MODEL_REFUSED, f"mask of {detection.label} cannot be read: {error}") from error
    if mask.shape != (height, width):
        raise ReelwearError(
            ErrorCode.MODEL_REFUSED,
            f"mask of {detection.label} is {mask.shape[1]}x{mask.shape[0]}, its frame {width}x{height}; "
            "masks must be on the frame's grid",
        )
    return mask


def middle_of_box(box: tuple[int, int, int, int], frame_wh: tuple[int, int]) -> Mask:
    """An ellipse (H×W) in the middle of a box, which is seldom background."""
    x0, y0, x1, y1 = box
    mask = np.zeros(frame_wh[::-1], np.uint8)
    axes = (max(1, int((x1 - x0) * CORE_OF_BOX / 2)), max(1, int((y1 - y0) * CORE_OF_BOX / 2)))
    cv2.ellipse(mask, ((x0 + x1) // 2, (y0 + y1) // 2), axes, 0, 0, 360, (1,), -1)
    return mask.astype(bool)


def vector_of(detection: Detection) -> Vector | None:
    """The detection's unit vector, if it has one."""
    if detection.vector is None:
        return None
    try:
        return decode_vector(detection.vector)
    except ValueError as error:
        raise ReelwearError(ErrorCode.MODEL_REFUSED, f"vector of {detection.label} cannot be read: {error}") from error


def is_cut(box: Box, frame_wh: tuple[int, int]) -> bool:
    """Whether the border of the frame probably cuts the garment."""
    width, height = frame_wh
    x_px, y_px = BORDER_SHARE * width, BORDER_SHARE * height
    return box[0] < x_px or box[1] < y_px or box[2] > width - x_px or box[3] > height - y_px


def quality(pixels: NDArray[np.uint8], share: float, score: float, is_cut: bool) -> float:
    """How well a garment is shown, above 0: large, sure, whole, and sharp.

    Sharpness is the variance of the Laplacian of the luma (Pech-Pacheco 2000).
    """
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    sharpness = float(cv2.Laplacian(luma, cv2.CV_32F).var())
    sharp = 0.3 + 0.7 * sharpness / (sharpness + HALF_SHARP)
    return float(np.sqrt(share)) * max(score, 0.01) * sharp * (CUT_FACTOR if is_cut else 1.0)


def thumbnail(pixels: NDArray[np.uint8]) -> Lab:
    """A tiny CIELAB picture (12×12×3) by which frames of one unmoving camera are known."""
    return to_lab(np.asarray(cv2.resize(pixels, THUMBNAIL_WH, interpolation=cv2.INTER_AREA), np.uint8))
