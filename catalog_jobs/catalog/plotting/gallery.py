"""The pictures of points: cut-outs on disk, crops and keyframes in the bucket; what cannot be had is counted."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from catalog_jobs.catalog.plotting.points import PictureAt, Point
from infra.bucket import Bucket
from infra.errors import ErrorCode, ReelwearError

Image = NDArray[np.uint8]

WHITE: Final = 255
MAX_BYTES: Final = 20 * 1024**2
MAX_PIXELS: Final = 50_000_000
AT_ONCE: Final = 4
# So many are asked for before the first is used.
WINDOW: Final = 64


class Gallery:
    """Pictures by where they lie. `is_bucket_down` is known once a picture of the bucket was asked for."""

    def __init__(self, folder: Path, open_bucket: Callable[[], Bucket]) -> None:
        """folder: of the catalogue's pictures. open_bucket: called once, if a picture of the bucket is asked for."""
        self._folder = folder.absolute()
        self._open_bucket = open_bucket
        self._bucket: Bucket | None = None
        self._is_up: bool | None = None

    @property
    def is_bucket_down(self) -> bool:
        """Whether a picture was asked of a bucket that does not answer."""
        return self._is_up is False

    def pictures(
        self, points: Sequence[Point], side_px: int, on_picture: Callable[[int], None] = lambda _: None
    ) -> Iterator[Image | None]:
        """The picture of each point in their order (H×W×3 RGB, no longer than `side_px`), None where none can be had.

        on_picture: told how many were given so far.
        """
        if self._bucket is None and any(point.picture and point.picture.place == "bucket" for point in points):
            self._bucket = self._open_bucket()
            self._is_up = self._bucket.is_healthy()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for start in range(0, len(points), WINDOW):
                window = points[start : start + WINDOW]
                for number, picture in enumerate(pool.map(lambda point: self.picture(point.picture, side_px), window)):
                    yield picture
                    on_picture(start + number + 1)

    def picture(self, at: PictureAt | None, side_px: int) -> Image | None:
        """One picture, None where it cannot be had."""
        if at is None:
            return None
        data = self._file(at.name) if at.place == "file" else self._object(at.name)
        return small_picture(data, side_px) if data else None

    def _file(self, name: str) -> bytes | None:
        path = (self._folder / name).resolve()
        try:
            is_ours = path.is_relative_to(self._folder.resolve()) and path.stat().st_size <= MAX_BYTES
            return path.read_bytes() if is_ours else None
        except OSError:
            return None

    def _object(self, key: str) -> bytes | None:
        if not self._is_up or self._bucket is None:
            return None
        try:
            return self._bucket.get(key, MAX_BYTES)
        except ReelwearError as fault:
            if fault.code is ErrorCode.STORE_DOWN:
                self._is_up = False
            return None


def small_picture(data: bytes, side_px: int) -> Image | None:
    """A picture as RGB on white, no longer than `side_px`; None where it cannot be decoded, or is too large to be."""
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if decoded is None or decoded.size == 0 or decoded.shape[0] * decoded.shape[1] > MAX_PIXELS:
        return None
    if decoded.dtype != np.uint8:
        decoded = cv2.normalize(decoded, np.zeros(0), 0, WHITE, cv2.NORM_MINMAX, cv2.CV_8U)
    pixels = np.asarray(decoded, np.uint8)
    scale = side_px / max(pixels.shape[:2])
    if scale < 1:
        size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        small = np.asarray(cv2.resize(_premultiplied(pixels), size, interpolation=cv2.INTER_AREA), np.uint8)
        return _on_white(small, is_premultiplied=True)
    return _on_white(pixels, is_premultiplied=False)


def _premultiplied(pixels: Image) -> Image:
    if pixels.ndim < 3 or pixels.shape[2] < 4:
        return pixels
    alpha = pixels[..., 3:].astype(np.float32) / WHITE
    return np.dstack([np.rint(pixels[..., :3] * alpha).astype(np.uint8), pixels[..., 3]])


def _on_white(pixels: Image, is_premultiplied: bool) -> Image:
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB), np.uint8)
    if pixels.shape[2] == 4:
        whole = pixels if is_premultiplied else _premultiplied(pixels)
        blended = whole[..., :3].astype(np.uint16) + (WHITE - whole[..., 3:].astype(np.uint16))
        pixels = np.minimum(blended, WHITE).astype(np.uint8)
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels[..., :3]), cv2.COLOR_BGR2RGB), np.uint8)
