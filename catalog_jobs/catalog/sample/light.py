"""How light falls on cloth: rounded edges, creases and folds, and what it makes of a colour."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from catalog_jobs.catalog.sample.camera import Grey, View, Window
from catalog_jobs.catalog.sample.curves import HEIGHT, WIDTH
from catalog_jobs.catalog.sample.drawing import Flutes, Piece
from catalog_jobs.catalog.sample.prints import Rgb
from catalog_jobs.catalog.sample.weaves import noise

# Unit vector towards the light in the plane of the picture, and how strongly slopes answer to it.
LIGHT = (-0.5, -0.87)
CONTRAST = 0.5
# The share of a piece's pixels that are darker than the colour it is dyed in: functions/tagging reads as the colour
# of a garment the middle of its shades between 0.4 and 0.9.
DYED_SHARE = 65
CREASE_PERIOD = 768


@dataclass(frozen=True)
class Creases:
    """The soft creases that cloth hangs in: a field of them, and from where on it is taken."""

    seed: int
    shift: float

    def tile(self) -> Grey:
        """The field (H×W of mean 0), which repeats."""
        return crease_tile(self.seed)


@lru_cache(maxsize=2)
def crease_tile(seed: int) -> Grey:
    """Long creases of two sizes, made small and enlarged: they have no fine detail."""
    side = CREASE_PERIOD // 4
    small = noise(seed, side, 2.75, 9.5) * 0.8 + noise(seed + 1, side, 6, 25) * 1.5
    wide = cv2.resize(np.pad(small, 4, mode="wrap"), None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    return np.asarray(wide[16:-16, 16:-16], np.float32)


def on_grain(tile: Grey, period: float, grain: float, view: View, window: Window, shift: float = 0) -> Grey:
    """A tile repeated over a window, turned by `grain` degrees, begun `shift` units later both ways."""
    per_unit = tile.shape[0] / period
    angle = np.radians(grain)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) * per_unit
    first = np.array([window[0] + 0.5 - WIDTH / 2, window[2] + 0.5 - HEIGHT / 2]) / view.scale + [view.x, view.y]
    move = np.column_stack([turn / view.scale, turn @ first + shift * per_unit])
    size = (window[1] - window[0], window[3] - window[2])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(tile, move, size, flags=flags, borderMode=cv2.BORDER_WRAP), np.float32)


def shades(piece: Piece, cover: Grey, view: View, window: Window, creases: Creases, creasing: float) -> Grey:
    """The light on each pixel of a piece, 1 where it shows the colour it is dyed in."""
    inside = (cover > 0.5).astype(np.uint8)
    if window[0] > 0 or window[2] > 0 or window[1] < WIDTH or window[3] < HEIGHT:
        inside = np.asarray(cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_REPLICATE), np.uint8)
        depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3)[1:-1, 1:-1] / view.scale
    else:
        depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3) / view.scale
    way = np.minimum(depth / piece.round, 1)
    height = piece.plump * 0.42 * piece.round * np.sqrt(np.maximum(0, 1 - (1 - way) ** 2))
    height = cv2.GaussianBlur(height, (0, 0), max(0.8, 0.16 * piece.round * view.scale))
    if piece.folds and creasing:
        height += (
            2.1
            * piece.folds
            * creasing
            * on_grain(creases.tile(), CREASE_PERIOD, piece.grain, view, window, creases.shift)
        )
    if piece.flutes:
        height += fluted(piece.flutes, view, window)
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=view.scale / 8)
    slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=view.scale / 8)
    light = 1 - CONTRAST * (slope_x * LIGHT[0] + slope_y * LIGHT[1])
    light *= 0.87 + 0.13 * np.minimum(depth / (0.7 * piece.round), 1)
    light *= np.linspace(1.02, 0.97, HEIGHT, dtype=np.float32)[window[2] : window[3], None]
    seen = light[::3, ::3][inside[1:-1:3, 1:-1:3].astype(bool)] if inside.shape != light.shape else light[inside > 0]
    middle = np.percentile(seen, DYED_SHARE) if seen.size else 1.0
    return np.asarray(np.clip(light / max(float(middle), 0.3), 0.35, 1.7), np.float32)


def fluted(flutes: Flutes, view: View, window: Window) -> Grey:
    """The height of folds that run down from a point."""
    x, y = view.units(window)
    way = np.arctan2(x - flutes.apex[0], y - flutes.apex[1]) * flutes.count
    if flutes.is_pressed:
        phase = way - np.floor(way)
        wave = np.where(phase < 0.8, phase / 0.8, (1 - phase) / 0.2) * 1.2
    else:
        turns = way * (2 * np.pi)
        wave = np.sin(turns + 0.9 * np.sin(0.37 * turns)) + 0.35 * np.sin(0.53 * turns + 1)
    return np.asarray(flutes.depth * np.clip((y - flutes.start_y) / flutes.grow, 0, 1) * wave, np.float32)


def lit(light: Grey, gloss: float, darkness: float) -> tuple[Grey, Grey]:
    """What light makes of a colour: what it is multiplied by, and what is added to it (0..255).

    Darker in the shade, paler where it shines, the more so the glossier the cloth. darkness: 0..1.
    """
    dim = np.minimum(light, 1)
    dim = dim * np.sqrt(dim) if gloss > 0.3 else dim
    shine = np.maximum(light - 1, 0)
    # Dark cloth has no lighter shade of its own: what is seen of its folds is the sky in them.
    glint = (gloss * 0.85 + darkness * 0.35) * shine + gloss * 2.2 * np.maximum(shine - 0.22, 0)
    glint = np.clip(glint, 0, 0.8)
    return np.asarray(dim * (1 + 0.55 * shine) * (1 - glint), np.float32), np.asarray(glint * 255, np.float32)


def darkness_of(color: Rgb) -> float:
    """How dark a colour is, 0..1."""
    return 1 - min(max(color) / 110, 1)
