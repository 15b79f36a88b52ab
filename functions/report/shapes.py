"""Masks and pictures as what an HTML page can carry."""

import base64
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from serve_app.contract import Mask

PICTURE_LONG_SIDE_PX = 1120
PICTURE_QUALITY = 84
OUTLINE_TOLERANCE = 0.0012


@dataclass(frozen=True)
class Picture:
    """A picture as a data URI, and the size its bytes had before they were made small enough for a page."""

    uri: str
    width: int
    height: int


def picture_of(data: bytes) -> Picture | None:
    """A JPEG or PNG as a data URI, no longer than PICTURE_LONG_SIDE_PX; None where it cannot be decoded."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if pixels is None:
        return None
    height, width = pixels.shape[:2]
    scale = PICTURE_LONG_SIDE_PX / max(height, width)
    if scale < 1:
        small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        data = cv2.imencode(".jpg", small, (cv2.IMWRITE_JPEG_QUALITY, PICTURE_QUALITY))[1].tobytes()
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    return Picture(f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}", width, height)


def outline(mask: Mask) -> str:
    """The outlines of a mask (H×W) as the `d` of an SVG path in pixels, holes included (fill-rule evenodd).

    Corners that move the line by less than OUTLINE_TOLERANCE of the long side are left out, and specks with them.
    """
    tolerance_px = max(1.0, OUTLINE_TOLERANCE * max(mask.shape))
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    corners = [np.asarray(cv2.approxPolyDP(contour, tolerance_px, True)[:, 0], np.int32) for contour in contours]
    return "".join(_closed_path(line) for line in corners if len(line) > 2)


def middle(mask: Mask) -> tuple[float, float]:
    """X and y of the pixel deepest inside a mask (H×W), where a label hides least."""
    padded = np.pad(mask.astype(np.uint8), 1)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 3)
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return float(x - 1), float(y - 1)


def _closed_path(corners: NDArray[np.int32]) -> str:
    steps = np.diff(corners, axis=0)
    return f"M{corners[0][0]} {corners[0][1]}" + "l" + " ".join(f"{x} {y}" for x, y in steps.tolist()) + "z"
