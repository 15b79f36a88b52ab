"""Painted people with known garments: flat figures whose masks, vectors and wearers are exactly known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from functions.tagging.items import SeenFrame
from serve_app.contract import Detection, encode_rle, encode_vector

WIDTH_PX, HEIGHT_PX = 180, 320
DIMENSION = 64
# Where a garment is on its wearer: x and y shares of the wearer's box.
PLACES = {
    "hat": (0.3, 0.0, 0.7, 0.08),
    "eyewear": (0.35, 0.1, 0.65, 0.13),
    "top": (0.1, 0.18, 0.9, 0.5),
    "outerwear": (0.0, 0.17, 1.0, 0.58),
    "dress": (0.1, 0.18, 0.9, 0.75),
    "pants": (0.15, 0.5, 0.85, 0.9),
    "skirt": (0.1, 0.5, 0.9, 0.7),
    "shoes": (0.1, 0.92, 0.9, 1.0),
    "bag": (0.92, 0.5, 1.2, 0.65),
}


@dataclass(frozen=True)
class Worn:
    """A garment: its type, its colour, and the seed of what its vector looks like."""

    kind: str
    rgb: tuple[int, int, int]
    look: int
    score: float = 0.8
    is_seen_as: str | None = None


@dataclass(frozen=True)
class Person:
    """A wearer and where they stand: x of the left side, y of the top, and height in pixels."""

    worn: tuple[Worn, ...]
    x_px: int = 50
    y_px: int = 20
    height_px: int = 280

    def at(self, x_px: int, y_px: int = 20, height_px: int = 280) -> "Person":
        return replace(self, x_px=x_px, y_px=y_px, height_px=height_px)

    def seen_as(self, kind: str, other: str) -> "Person":
        """The same person, one of whose garments the detector takes for another type."""
        return replace(self, worn=tuple(replace(w, is_seen_as=other) if w.kind == kind else w for w in self.worn))


RED_TOP = Worn("top", (190, 30, 40), 1)
BLUE_PANTS = Worn("pants", (40, 60, 120), 2)
WHITE_SHOES = Worn("shoes", (240, 240, 238), 3)
ANNA = Person((RED_TOP, BLUE_PANTS, WHITE_SHOES))
BORIS = Person((Worn("top", (60, 120, 70), 4), Worn("pants", (90, 70, 50), 5), Worn("shoes", (20, 20, 22), 6)))


def vector_of(look: int, frame: int, noise: float = 0.25) -> NDArray[np.float32]:
    """A unit vector for a garment, a little different in every frame (cosine about 0.94 between two frames)."""
    base = np.random.default_rng(1000 + look).normal(size=DIMENSION)
    shift = np.random.default_rng(look * 7919 + frame).normal(size=DIMENSION)
    mixed = base / np.linalg.norm(base) + noise * shift / np.linalg.norm(shift)
    return np.asarray(mixed / np.linalg.norm(mixed), np.float32)


def frame_of(
    index: int,
    people: Sequence[Person],
    span_s: tuple[float, float],
    street: int = 0,
    has_wearers: bool = True,
    has_masks: bool = True,
    has_vectors: bool = True,
) -> SeenFrame:
    """A keyframe with people before a street (a grey of its own for each number)."""
    rng = np.random.default_rng(index)
    pixels = np.full((HEIGHT_PX, WIDTH_PX, 3), 110 + 37 * street % 120, np.float64)
    detections = []
    for wearer, person in enumerate(people):
        for worn in person.worn:
            mask = mask_of(worn.kind, person)
            if not mask.any():
                continue
            pixels[mask] = worn.rgb
            ys, xs = np.nonzero(mask)
            box = (float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1))
            detections.append(
                Detection(
                    box=box,
                    label=worn.is_seen_as or worn.kind,
                    score=worn.score,
                    mask=encode_rle(mask) if has_masks else None,
                    vector=encode_vector(vector_of(worn.look, index)) if has_vectors else None,
                    wearer=wearer if has_wearers else None,
                )
            )
    noisy = np.clip(pixels + rng.normal(0, 3, pixels.shape), 0, 255).astype(np.uint8)
    return SeenFrame(index, sum(span_s) / 2, *span_s, noisy, tuple(detections))


def mask_of(kind: str, person: Person) -> NDArray[np.bool_]:
    """Where a garment of a person is in the frame; what the frame cuts off is missing."""
    x0, y0, x1, y1 = PLACES[kind]
    width_px = person.height_px * 0.3
    mask = np.zeros((HEIGHT_PX, WIDTH_PX), np.bool_)
    top, bottom = (round(person.y_px + y * person.height_px) for y in (y0, y1))
    left, right = (round(person.x_px + x * width_px) for x in (x0, x1))
    mask[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = True
    return mask
