"""How training sees a garment: recoloured or printed as a whole, then framed, lit and blurred anew for each view."""

from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from catalog_jobs.embedder.captions import shades
from catalog_jobs.embedder.garments import Garment
from catalog_jobs.parser.photos import Image
from functions.tagging.color import ClothColor, name_color
from functions.tagging.color_names import BASIC_COLORS, NamedColor, from_hex
from serve_app.contract import Mask
from serve_app.models.pictures import letterbox

GREY: Final = 127
PRINTS: Final = ("striped", "checked", "floral", "dotted", "graphic")
MAX_L: Final = 97.0


def dressed_anew(garment: Garment, rng: np.random.Generator) -> Garment:
    """The garment as it is, in another colour, or with a print that it did not have."""
    if garment.mask is None or garment.cloth is None or not garment.mask.any():
        return garment
    if rng.random() < 0.5:
        garment = recoloured(garment, rng)
    if garment.known.get("pattern") == "solid" and rng.random() < 0.6:
        garment = printed(garment, str(rng.choice(PRINTS)), rng)
    return garment


def recoloured(garment: Garment, rng: np.random.Generator) -> Garment:
    """The garment with its main colour moved to a random shade; folds and texture stay."""
    assert garment.cloth is not None  # noqa: S101  # asked by the caller
    assert garment.mask is not None  # noqa: S101
    basic = str(rng.choice(BASIC_COLORS))
    shade = one_of([color for color in shades() if color.basic == basic], rng)
    target = from_hex(shade.hex) + rng.normal(0, 3, 3).astype(np.float32)
    target[0] = np.clip(target[0], 8, MAX_L - 3)
    lab = cv2.cvtColor(garment.pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    old = garment.cloth.lab
    # Dark cloth shows less of its folds, light cloth more.
    contrast = float(np.clip((target[0] + 15) / (old[0] + 15), 0.45, 1.6))
    changed = lab.copy()
    changed[..., 0] = np.clip((lab[..., 0] - old[0]) * contrast + target[0], 1, MAX_L)
    changed[..., 1:] = (lab[..., 1:] - old[1:]) * 0.8 + target[1:]
    soft = cv2.GaussianBlur(garment.mask.astype(np.float32), (3, 3), 0)[..., None]
    mixed = lab * (1 - soft) + changed * soft
    pixels = np.clip(cv2.cvtColor(mixed, cv2.COLOR_LAB2RGB) * 255, 0, 255).astype(np.uint8)
    shift = target - old
    cloth = ClothColor(
        old + shift, np.append(garment.cloth.lit[:1] + shift[:1], garment.cloth.lit[1:] + shift[1:]),
        garment.cloth.mean + shift, garment.cloth.share,
    )  # fmt: skip
    return replace(garment, pixels=pixels, cloth=cloth, basic=name_color(cloth).basic)


def one_of(colors: list[NamedColor], rng: np.random.Generator) -> NamedColor:
    """One of some colours, each as likely."""
    return colors[int(rng.integers(len(colors)))]


def printed(garment: Garment, pattern: str, rng: np.random.Generator) -> Garment:
    """The garment with a print drawn on its cloth, shaded by its folds."""
    assert garment.mask is not None  # noqa: S101
    height, width = garment.mask.shape
    ys, xs = np.nonzero(garment.mask)
    size = float(np.sqrt(len(ys)))
    ink = drawing(pattern, (height, width), size, (xs.mean(), ys.mean()), rng)
    base = garment.cloth.lab if garment.cloth else np.array([50, 0, 0], np.float32)
    ink_color = from_hex(shades()[int(rng.integers(len(shades())))].hex).copy()
    if np.linalg.norm(ink_color - base) < 30:
        ink_color = np.array([95 if base[0] < 55 else 12, 0, 0], np.float32)
    lab = cv2.cvtColor(garment.pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    drawn = lab.copy()
    drawn[..., 0] = np.clip((lab[..., 0] - base[0]) * 0.7 + ink_color[0], 1, MAX_L)
    drawn[..., 1:] = ink_color[1:]
    alpha = (ink * garment.mask * rng.uniform(0.75, 1.0))[..., None].astype(np.float32)
    mixed = lab * (1 - alpha) + drawn * alpha
    pixels = np.clip(cv2.cvtColor(mixed, cv2.COLOR_LAB2RGB) * 255, 0, 255).astype(np.uint8)
    known = {**garment.known, "pattern": pattern}
    covered = float((ink * garment.mask).sum() / max(garment.mask.sum(), 1))
    if covered > 0.4:
        # Half of it is another colour now: what to call it would be a guess.
        return replace(garment, pixels=pixels, known=known, cloth=None, basic=None)
    return replace(garment, pixels=pixels, known=known)


def drawing(
    pattern: str, size_hw: tuple[int, int], size: float, middle_xy: tuple[float, float], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Where the ink of a print lies (H×W, 0 to 1). size: side of the square as large as the garment, in pixels."""
    height, width = size_hw
    angle = rng.choice([0.0, 90.0, rng.uniform(0, 180)], p=[0.5, 0.35, 0.15]) + rng.normal(0, 4)
    period = max(3.0, size * rng.uniform(0.05, 0.22))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    turn = np.deg2rad(angle)
    # Cloth hangs in waves, and its print with it.
    wave = rng.uniform(0, 0.25) * period * np.sin(2 * np.pi * (x + y) / max(size * rng.uniform(0.5, 1.2), 1))
    u = x * np.sin(turn) + y * np.cos(turn) + wave
    v = x * np.cos(turn) - y * np.sin(turn) + wave
    if pattern == "striped":
        return soft_bands(u, period, rng.uniform(0.25, 0.6))
    if pattern == "checked":
        share = rng.uniform(0.3, 0.55)
        one, other = soft_bands(u, period, share), soft_bands(v, period, share)
        if rng.random() < 0.3:
            return np.asarray(np.abs(one - other), np.float32)
        thin = soft_bands(u + period / 3, period, 0.08) + soft_bands(v + period / 3, period, 0.08)
        return np.clip((one + other) / 2 + (thin if rng.random() < 0.5 else 0), 0, 1).astype(np.float32)
    if pattern == "dotted":
        radius = period * rng.uniform(0.2, 0.36)
        row = np.floor(u / period)
        du = (u / period - row - 0.5) * period
        dv = ((v / period + 0.5 * (row % 2)) % 1 - 0.5) * period
        return np.asarray(np.clip(radius - np.hypot(du, dv) + 0.5, 0, 1), np.float32)
    canvas = np.zeros(size_hw, np.uint8)
    if pattern == "floral":
        count = int(np.clip((height * width) / (period * 1.4) ** 2, 6, 220))
        for _ in range(count):
            draw_flower(canvas, rng.uniform(0, width), rng.uniform(0, height), period * rng.uniform(0.3, 0.75), rng)
    else:
        draw_graphic(canvas, middle_xy, size, rng)
    return np.asarray(cv2.GaussianBlur(canvas.astype(np.float32) / 255, (3, 3), 0), np.float32)


def soft_bands(along: NDArray[np.float32], period: float, share: float) -> NDArray[np.float32]:
    """Bands across a direction, their edges a pixel soft."""
    phase = np.abs((along / period) % 1 - 0.5) * period
    return np.asarray(np.clip(share * period / 2 - phase + 0.5, 0, 1), np.float32)


def draw_flower(canvas: Image, x: float, y: float, radius: float, rng: np.random.Generator) -> None:
    """One blossom of some petals, or a leaf."""
    petals = int(rng.integers(4, 8)) if rng.random() < 0.75 else 1
    start = rng.uniform(0, 2 * np.pi)
    for number in range(petals):
        turn = start + 2 * np.pi * number / petals
        centre = (int(x + np.cos(turn) * radius * 0.5), int(y + np.sin(turn) * radius * 0.5))
        axes = (max(1, int(radius * 0.5)), max(1, int(radius * 0.26)))
        cv2.ellipse(canvas, centre, axes, float(np.rad2deg(turn)), 0, 360, (int(rng.integers(150, 256)),), -1)
    cv2.circle(canvas, (int(x), int(y)), max(1, int(radius * 0.16)), (50,), -1)


def draw_graphic(canvas: Image, middle_xy: tuple[float, float], size: float, rng: np.random.Generator) -> None:
    """A motif in the middle: letters, a badge or a shape."""
    x, y = middle_xy[0] + rng.normal(0, 0.05) * size, middle_xy[1] - rng.uniform(0, 0.15) * size
    kind = rng.integers(3)
    extent = size * rng.uniform(0.18, 0.34)
    if kind != 1:
        word = "".join(rng.choice(list("ABCDEFGHIKLMNOPRSTUVWXY"), int(rng.integers(2, 7))))
        scale = max(0.3, extent / 12 / len(word))
        (text_w, text_h), _ = cv2.getTextSize(word, cv2.FONT_HERSHEY_DUPLEX, scale, 2)
        for line in range(int(rng.integers(1, 3))):
            origin = (int(x - text_w / 2), int(y + line * text_h * 1.6))
            cv2.putText(
                canvas, word, origin, cv2.FONT_HERSHEY_DUPLEX, scale, (255,), max(1, int(scale * 2)), cv2.LINE_AA
            )
    if kind != 0:
        points = rng.normal(0, extent * 0.5, (int(rng.integers(3, 9)), 2)) + np.array([x, y - extent * 0.4])
        cv2.fillPoly(canvas, [points.astype(np.int32)], (int(rng.integers(120, 256)),), cv2.LINE_AA)
        cv2.circle(
            canvas, (int(x), int(y)), max(2, int(extent * 0.5)), (int(rng.integers(100, 256)),), max(1, int(extent / 9))
        )


def view(garment: Garment, side_px: int, rng: np.random.Generator, style: str | None = None) -> Image:
    """One look at a garment (side×side×3): part of its area, turned, mirrored, lit, blurred, partly hidden.

    style: "cut" on grey as the server cuts it, "white", or "photo"; a random one if left out.
    """
    pixels, mask = lit(garment.pixels, rng), garment.mask
    if mask is not None:
        style = style or str(rng.choice(["cut", "white", "photo"], p=[0.5, 0.15, 0.35]))
        if style != "photo":
            edge = varied_mask(mask, rng) if rng.random() < 0.3 else mask
            pixels = np.where(edge[..., None], pixels, np.uint8(GREY if style == "cut" else 255))
    pixels = part(pixels, mask, rng, shrink=mask is not None or rng.random() < 0.7)
    if rng.random() < 0.5:
        pixels = pixels[:, ::-1]
    if rng.random() < 0.3:
        pixels = turned(pixels, float(rng.normal(0, 8)))
    square = letterbox(np.ascontiguousarray(pixels), side_px)
    if rng.random() < 0.25:
        square = zoomed_out(square, float(rng.uniform(0.65, 0.95)))
    return partly_hidden(square, rng) if rng.random() < 0.25 else square


def varied_mask(mask: Mask, rng: np.random.Generator) -> Mask:
    """A mask as a network would draw it: a little too large or too small, its edge uneven."""
    rough = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), float(rng.uniform(1, 4)))
    uneven = rough > rng.uniform(0.3, 0.7)
    return uneven if uneven.any() else mask


def part(pixels: Image, mask: Mask | None, rng: np.random.Generator, shrink: bool) -> Image:
    """A window of 45 to 100 % of the area, its sides changed a little, that still shows some of the garment."""
    height, width = pixels.shape[:2]
    if not shrink:
        return pixels
    for _ in range(4):
        area = rng.uniform(0.45, 1.0)
        ratio = np.exp(rng.uniform(-0.25, 0.25))
        side_h, side_w = (min(1.0, float(np.sqrt(area) * factor)) for factor in (ratio, 1 / ratio))
        window_h, window_w = max(8, round(side_h * height)), max(8, round(side_w * width))
        y, x = int(rng.integers(0, max(1, height - window_h + 1))), int(rng.integers(0, max(1, width - window_w + 1)))
        window = slice(y, y + window_h), slice(x, x + window_w)
        if mask is None or mask[window].sum() > 0.4 * mask.sum():
            return pixels[window]
    return pixels


def turned(pixels: Image, degrees: float) -> Image:
    """Turned about its middle, its edges repeated."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def zoomed_out(square: Image, scale: float) -> Image:
    """The same, smaller within its grey square."""
    side = square.shape[0]
    inner = max(8, round(side * scale))
    smaller = np.full_like(square, GREY)
    at = (side - inner) // 2
    smaller[at : at + inner, at : at + inner] = cv2.resize(square, (inner, inner), interpolation=cv2.INTER_AREA)
    return smaller


def lit(pixels: Image, rng: np.random.Generator) -> Image:
    """Other light (±35 %), a slight cast, contrast, blur and compression."""
    x = pixels.astype(np.float32)
    if rng.random() < 0.6:
        x *= rng.uniform(0.65, 1.35)
    if rng.random() < 0.4:
        x *= rng.uniform(0.94, 1.06, 3).astype(np.float32)
    if rng.random() < 0.4:
        x = (x - 127) * rng.uniform(0.8, 1.2) + 127
    changed = np.clip(x, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        changed = np.asarray(cv2.GaussianBlur(changed, (0, 0), rng.uniform(0.4, 1.6)), np.uint8)
    if rng.random() < 0.2:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 90))]
        changed = np.asarray(cv2.imdecode(cv2.imencode(".jpg", changed, quality)[1], cv2.IMREAD_COLOR), np.uint8)
    return changed


def partly_hidden(square: Image, rng: np.random.Generator) -> Image:
    """Something before it: a rectangle of one colour or of noise over a tenth to a third of it."""
    side = square.shape[0]
    height, width = (int(side * rng.uniform(0.25, 0.6)) for _ in range(2))
    y, x = int(rng.integers(0, side - height)), int(rng.integers(0, side - width))
    hidden = square.copy()
    hidden[y : y + height, x : x + width] = rng.integers(0, 256, 3) if rng.random() < 0.7 else GREY
    return hidden


def lettering(rng: np.random.Generator) -> Image:
    """Writing on a plain or shaded ground, as titles have it."""
    height, width = int(rng.integers(60, 220)), int(rng.integers(80, 220))
    ground = np.full((height, width, 3), rng.integers(0, 256, 3), np.uint8)
    color = tuple(int(c) for c in rng.integers(0, 256, 3))
    for line in range(int(rng.integers(1, 5))):
        word = "".join(rng.choice(list("ABCDEFGHIJKLMNOPRSTUVWXYZabcdefghijklmnoprstuvwxyz 0123456789"), 12))
        scale = float(rng.uniform(0.5, 1.8))
        font = int(rng.integers(0, 8))
        cv2.putText(ground, word, (4, int(30 * scale * (line + 1))), font, scale, color, max(1, int(scale * 2)))
    return ground
