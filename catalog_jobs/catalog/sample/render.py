"""From a cut garment to a picture: its pieces laid and sewn one after the other, on a pale ground."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from catalog_jobs.catalog.sample import weaves
from catalog_jobs.catalog.sample.camera import (
    OVERSAMPLING,
    SUBPIXEL_BITS,
    Grey,
    Pixels,
    View,
    Window,
    blank,
    filled,
    fine_points,
    shrunk,
    window_of,
)  # fmt: skip
from catalog_jobs.catalog.sample.curves import HEIGHT, WIDTH
from catalog_jobs.catalog.sample.drawing import Drawing, Piece, Seam
from catalog_jobs.catalog.sample.ground import on_ground
from catalog_jobs.catalog.sample.light import Creases, darkness_of, lit, on_grain, shades
from catalog_jobs.catalog.sample.prints import PERIOD, Rgb, print_tile
from catalog_jobs.catalog.sample.weaves import WEAVES, surface_tile

# How far a weave shows at no size at all, and how much more by each time that it is enlarged.
SEEN_FROM_FAR, SEEN_NEARER = 0.4, 0.15


@dataclass(frozen=True)
class Cloth:
    """What a piece is made of: colours (its own first, then those of its print), fabric, print ("" for none)."""

    colors: tuple[Rgb, ...]
    fabric: str = "Cotton"
    print: str = ""


@dataclass
class Sheet:
    """The garment so far, its colour multiplied by its cover (800×600×3 and 800×600, 0..255 and 0..1)."""

    color: Grey
    cover: Grey


def photograph(drawing: Drawing, cloths: Mapping[str, Cloth], view: View, seed: int, fall: int = 0) -> Pixels:
    """A garment on its ground (800×600×3 RGB); the same picture for the same arguments.

    fall: which of many ways it falls in folds.
    """
    sheet = Sheet(np.zeros((HEIGHT, WIDTH, 3), np.float32), np.zeros((HEIGHT, WIDTH), np.float32))
    for number, part in enumerate(drawing):
        if isinstance(part, Seam):
            sew(sheet, part, cloths, view)
        else:
            lay(sheet, part, cloths[part.cloth], view, Creases(seed, 131 * number + 57 * fall))
    picture = on_ground(sheet.color, sheet.cover, view.scale)
    return np.rint(np.clip(picture, 0, 255)).astype(np.uint8)


def lay(sheet: Sheet, piece: Piece, cloth: Cloth, view: View, creases: Creases) -> None:
    """Lay a piece on what lies there already, with its shadow."""
    window = window_of(piece.outline, view, margin=2)
    if window is None:
        return
    cover = filled(piece, view, window)
    shade_under(sheet, cover, window, view, piece.lift)
    x0, x1, y0, y1 = window
    weave = WEAVES[cloth.fabric]
    light = shades(piece, cover, view, window, creases, weave.folds)
    dim, glint = lit(light, weave.gloss, darkness_of(cloth.colors[0]))
    if weave.relief:
        tile = surface_tile(weave.surface, view.scale)
        relief = weave.relief * min(1, SEEN_FROM_FAR + SEEN_NEARER * view.scale)
        dim *= 1 + relief * on_grain(tile, weaves.PERIOD, piece.grain, view, window)
    color = dyed(cloth, piece, view, window) * dim[..., None]
    color += glint[..., None]
    np.minimum(color, 255, out=color)
    part = sheet.color[y0:y1, x0:x1]
    color -= part
    color *= cover[..., None]
    part += color
    rest = sheet.cover[y0:y1, x0:x1]
    rest += cover * (1 - rest)


def shade_under(sheet: Sheet, cover: Grey, window: Window, view: View, lift: float) -> None:
    """Darken what lies around and below a piece that is laid on it."""
    if lift == 0 or not sheet.cover.any():
        return
    x0, x1, y0, y1 = window
    reach = int(12 * view.scale)
    left, right = max(0, x0 - reach), min(WIDTH, x1 + reach)
    top, bottom = max(0, y0 - reach), min(HEIGHT, y1 + reach)
    around = np.zeros((bottom - top, right - left), np.float32)
    around[y0 - top : y1 - top, x0 - left : x1 - left] = cover
    move = np.array([[1, 0, 1.2 * view.scale * lift], [0, 1, 3 * view.scale * lift]])
    soft = cv2.GaussianBlur(around, (0, 0), 2.6 * view.scale * lift)
    shadow = cv2.warpAffine(soft, move, around.shape[::-1])
    sheet.color[top:bottom, left:right] *= (1 - 0.34 * np.minimum(lift, 1.4) * shadow)[..., None]


def dyed(cloth: Cloth, piece: Piece, view: View, window: Window) -> Grey:
    """The cloth's colours over a window (H×W×3, or 1×1×3 where it has but one), before light falls on it."""
    if not cloth.print:
        return np.array(cloth.colors[:1], np.float32)[None]
    return on_grain(print_tile(cloth.print, cloth.colors, view.scale), PERIOD, piece.grain, view, window)


def sew(sheet: Sheet, seam: Seam, cloths: Mapping[str, Cloth], view: View) -> None:
    """Draw a seam on the garment; it never leaves the cloth."""
    window = window_of(seam.line, view, margin=seam.width * view.scale + 2)
    if window is None:
        return
    x0, x1, y0, y1 = window
    fine = blank(window)
    thick = max(1, round(seam.width * view.scale * OVERSAMPLING))
    line = fine_points(seam.line, view, window)
    for run in dashes(line, seam.dash * view.scale * OVERSAMPLING * (1 << SUBPIXEL_BITS)) if seam.dash else [line]:
        cv2.polylines(fine, [run], seam.is_closed, (255,), thick, cv2.LINE_8, SUBPIXEL_BITS)
    cover = shrunk(fine, window) * sheet.cover[y0:y1, x0:x1]
    part = sheet.color[y0:y1, x0:x1]
    if seam.cloth:
        part += cover[..., None] * (np.array(cloths[seam.cloth].colors[0], np.float32) - part)
    elif seam.shade < 0:
        # A darker line cannot be seen on dark cloth; a paler one can.
        is_dark = darkness_of(cloths["plain"].colors[0]) > 0.4
        part *= 1 + seam.shade * cover[..., None]
        part += (26.0 if is_dark else 0.0) * cover[..., None]
    else:
        part += seam.shade * cover[..., None] * (255 * sheet.cover[y0:y1, x0:x1, None] - part)


def dashes(line: NDArray[np.int32], length: float) -> list[NDArray[np.int32]]:
    """A line cut into dashes of some length with gaps half as long."""
    way = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line.astype(np.float64), axis=0).T))])
    starts = np.arange(0, way[-1], length * 1.5)
    ends = np.minimum(starts + length, way[-1])
    at = np.column_stack([starts, ends])
    x, y = np.interp(at, way, line[:, 0]), np.interp(at, way, line[:, 1])
    return list(np.rint(np.stack([x, y], axis=2)).astype(np.int32))
