"""What the embedder is trained on: garments cut from photos, with what is known of each."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from catalog_jobs.evaluate.held_out import is_held_out
from catalog_jobs.parser.photos import Groups, Image, read_mask, read_rgb, split_names
from functions.tagging.color import ClothColor, cloth_color, name_color
from serve_app.contract import Mask

STORED_LONG_SIDE_PX = 224
MARGIN_SHARE = 0.12
NO_GARMENT = frozenset({"null", "skin", "hair"})
SMALL_GROUPS = frozenset({"shoes", "hat", "eyewear", "scarf", "belt", "jewelry"})
LEAST_SHARE, LEAST_SMALL_SHARE = 0.003, 0.0004
# A garment counts as plain where its main colour covers this much of it and its lightness hardly changes.
PLAIN_SHARE, PLAIN_SPREAD = 0.85, 13.0
LONG_SLEEVED = frozenset({"sweater", "coat", "jacket", "blazer", "cardigan", "sweatshirt", "hoodie", "jumper", "suit"})
BARE_ARMS, COVERED_ARMS = 0.22, 0.05
# Hem of a skirt or dress as a share of the wearer's height from the top of the head; the knee is at about 0.72.
SHORT_HEM, MIDI_HEM, LONG_HEM = 0.69, (0.74, 0.85), 0.89


@dataclass(frozen=True)
class Garment:
    """One garment, or one piece of something that is none.

    pixels: H×W×3 RGB with some of what is around it. mask: H×W, None where nobody drew one. kind: a label of CCP, a
    class of the clothing photos as "photo:dress", or "none:…". cloth, basic: its colour, None where it is not known.
    known: what is known of "pattern", "sleeve" and "length". source: the photo it is from.
    """

    pixels: Image
    mask: Mask | None
    kind: str
    cloth: ClothColor | None
    basic: str | None
    known: dict[str, str]
    source: str


def street_garments(ccp: Path, names: Sequence[str]) -> Iterator[Garment]:
    """The garments of the named photos of a folder with photos/, masks/, labels.json and groups.json."""
    labels: list[str] = json.loads((ccp / "labels.json").read_text())
    groups = Groups.load(ccp / "labels.json", ccp / "groups.json")
    for name in names:
        pixels, mask = read_rgb(ccp / "photos" / f"{name}.jpg"), read_mask(ccp / "masks" / f"{name}.png")
        figure = Figure.of(mask, labels)
        for number in np.unique(mask):
            label = labels[number]
            group = groups.names[groups.of_label[number]]
            inside = mask == number
            least = LEAST_SMALL_SHARE if group in SMALL_GROUPS else LEAST_SHARE
            if label in NO_GARMENT or inside.mean() < least:
                continue
            cloth = cloth_color(pixels, inside)
            known = figure.lengths(label, group, inside)
            if cloth and cloth.share >= PLAIN_SHARE and spread(pixels, inside) < PLAIN_SPREAD:
                known["pattern"] = "solid"
            window = around(inside, MARGIN_SHARE)
            yield Garment(
                *stored(pixels[window], inside[window]),
                kind=label,
                cloth=cloth,
                basic=None if cloth is None else name_color(cloth).basic,
                known=known,
                source=name,
            )


@dataclass(frozen=True)
class Figure:
    """Where the one wearer of a photo stands: rows of the head's top and of the feet's end, and the skin (H×W)."""

    top: float
    bottom: float
    skin: Mask

    @classmethod
    def of(cls, mask: Image, labels: Sequence[str]) -> "Figure":
        """Read off a label image; everything but the background is the wearer."""
        rows = np.flatnonzero((mask != labels.index("null")).mean(1) > 0.01)
        top, bottom = (float(rows[0]), float(rows[-1])) if len(rows) else (0.0, 1.0)
        return cls(top, bottom, mask == labels.index("skin"))

    def lengths(self, label: str, group: str, inside: Mask) -> dict[str, str]:
        """Length of sleeves and of the garment, where the picture leaves no doubt."""
        known: dict[str, str] = {}
        rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
        if group in ("dress", "skirt"):
            hem = (rows[-1] - self.top) / max(self.bottom - self.top, 1.0)
            if hem < SHORT_HEM:
                known["length"] = "short"
            elif MIDI_HEM[0] < hem < MIDI_HEM[1]:
                known["length"] = "midi"
            elif hem > LONG_HEM:
                known["length"] = "long"
        if label in LONG_SLEEVED:
            known["sleeve"] = "long"
        elif label == "vest":
            known["sleeve"] = "none"
        elif label == "t-shirt":
            known["sleeve"] = "short"
        elif group in ("top", "dress"):
            width, height = columns[-1] - columns[0], rows[-1] - rows[0]
            upper = slice(rows[0] + height // 10, rows[0] + int(height * (0.75 if group == "top" else 0.5)))
            sides = slice(max(0, columns[0] - width // 3), columns[-1] + width // 3)
            bare = float(self.skin[upper, sides].sum()) / max(float(inside[upper].sum()), 1.0)
            if bare > BARE_ARMS:
                known["sleeve"] = "none or short"
            elif bare < COVERED_ARMS:
                known["sleeve"] = "long"
        return known


def spread(pixels: Image, inside: Mask) -> float:
    """How much the lightness (0..100) changes from pixel to pixel within a garment, folds apart."""
    light = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[..., 0].astype(np.float32) * (100 / 255)
    return float(np.abs(light - cv2.GaussianBlur(light, (0, 0), 4))[inside].mean() * 3)


def around(inside: Mask, margin_share: float) -> tuple[slice, slice]:
    """The rows and columns of a mask's box with a margin, inside the picture."""
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    margin = 2 + int(margin_share * max(rows[-1] - rows[0], columns[-1] - columns[0]))
    return (
        slice(max(0, rows[0] - margin), rows[-1] + 1 + margin),
        slice(max(0, columns[0] - margin), columns[-1] + 1 + margin),
    )


def stored(pixels: Image, inside: Mask | None) -> tuple[Image, Mask | None]:
    """A crop no larger than training needs."""
    scale = STORED_LONG_SIDE_PX / max(pixels.shape[:2])
    if scale >= 1:
        return pixels.copy(), None if inside is None else inside.copy()
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    if inside is None:
        return small, None
    return small, cv2.resize(inside.astype(np.uint8), size, interpolation=cv2.INTER_AREA).astype(bool)


def single_garments(folder: Path, held_out: bool) -> Iterator[Garment]:
    """The photos of a folder of class folders that are, or are not, held out."""
    for path in sorted(folder.glob("*/*.jpg")):
        if is_held_out(path.name) != held_out:
            continue
        name = path.parent.name
        sleeve = {"t-shirt": "short", "longsleeve": "long", "outwear": "long"}.get(name)
        pixels, _ = stored(read_rgb(path), None)
        yield Garment(pixels, None, f"photo:{name}", None, None, {"sleeve": sleeve} if sleeve else {}, path.name)


def surroundings(ccp: Path, names: Sequence[str], rng: np.random.Generator) -> Iterator[Garment]:
    """Pieces of street, skin and hair, which are no garments: up to four a photo."""
    labels: list[str] = json.loads((ccp / "labels.json").read_text())
    for name in names:
        pixels, mask = read_rgb(ccp / "photos" / f"{name}.jpg"), read_mask(ccp / "masks" / f"{name}.png")
        height, width = mask.shape
        is_street = mask == labels.index("null")
        for _ in range(3):
            side_h, side_w = rng.integers(60, height // 2), rng.integers(50, width // 2)
            y, x = rng.integers(0, height - side_h), rng.integers(0, width - side_w)
            window = slice(y, y + side_h), slice(x, x + side_w)
            if is_street[window].all():
                yield Garment(*stored(pixels[window], None), "none:street", None, None, {}, name)
        for label in ("skin", "hair"):
            inside = mask == labels.index(label)
            if inside.mean() > LEAST_SHARE and rng.random() < 0.4:
                window = around(inside, MARGIN_SHARE)
                yield Garment(*stored(pixels[window], inside[window]), f"none:{label}", None, None, {}, name)


def outfits(ccp: Path, held_out: Sequence[str]) -> Iterator[tuple[Garment, frozenset[str]]]:
    """Whole tagged photos with the labels that people gave them."""
    tags: dict[str, list[str]] = json.loads((ccp / "tags.json").read_text())
    for name, labels in sorted(tags.items()):
        path = ccp / "tagged" / f"{name}.jpg"
        if name not in held_out and path.is_file():
            worn = frozenset(labels) - NO_GARMENT - {"accessories"}
            pixels, _ = stored(read_rgb(path), None)
            yield Garment(pixels, None, "outfit", None, None, {}, name), worn


def training_garments(data: Path, rng: np.random.Generator) -> list[Garment]:
    """Everything under a folder with ccp/ and clothing/ that is not held out, outfits apart."""
    names, _ = split_names(data / "ccp" / "photos")
    worn = list(street_garments(data / "ccp", names))
    shapes = [garment.mask for garment in worn if garment.mask is not None]
    return [
        *worn,
        *single_garments(data / "clothing", held_out=False),
        *(cut_like(piece, shapes, rng) for piece in surroundings(data / "ccp", names, rng)),
    ]


def cut_like(piece: Garment, shapes: Sequence[Mask], rng: np.random.Generator) -> Garment:
    """Every other piece of street in the shape of some garment, as a detector that errs would cut it out."""
    if piece.mask is not None or not shapes or rng.random() < 0.5:
        return piece
    shape = shapes[int(rng.integers(len(shapes)))].astype(np.uint8)
    height, width = piece.pixels.shape[:2]
    mask = cv2.resize(shape, (width, height), interpolation=cv2.INTER_NEAREST).astype(bool)
    return replace(piece, mask=mask) if mask.any() else piece
