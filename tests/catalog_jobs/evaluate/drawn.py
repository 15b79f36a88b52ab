"""Folders of drawn photos, their label images and class folders, with known garments and colours."""

import json
from pathlib import Path

import cv2
import numpy as np

from catalog_jobs.evaluate.held_out import is_held_out
from catalog_jobs.parser.photos import VALIDATION_FILE
from serve_app.models.pictures import Image
from tests.catalog_jobs.evaluate.stand_in import RGB

LABELS = ["null", "skin", "shirt", "jeans", "boots", "dress"]
GROUPS = {
    "background": ["null"], "skin": ["skin"], "top": ["shirt"], "pants": ["jeans"], "shoes": ["boots"],
    "dress": ["dress"],
}  # fmt: skip
TOPS = ("red", "green", "blue", "red", "yellow", "red", "red", "red")
PANTS = ("blue", "black", "white", "blue", "blue", "blue", "red", "green")
NAMES = tuple(VALIDATION_FILE.read_text().split()[: len(TOPS)])
SIZE_WH = (160, 240)


def draw_person(top: str, pants: str, seed: int) -> tuple[Image, Image]:
    """A photo and its label image: a head, a top, pants, and two boots that do not touch."""
    rng = np.random.default_rng(seed)
    photo = rng.integers(95, 115, (SIZE_WH[1], SIZE_WH[0], 3), np.uint8)
    labels = np.zeros(SIZE_WH[::-1], np.uint8)
    left = 45 + seed % 5
    parts = (
        (1, (225, 180, 150), (left + 20, 20, left + 50, 55)),
        (2, RGB[top], (left, 60, left + 70, 130)),
        (3, RGB[pants], (left + 5, 130, left + 65, 205)),
        (4, RGB["black"], (left, 208, left + 25, 228)),
        (4, RGB["black"], (left + 45, 208, left + 70, 228)),
    )
    for label, color, (x0, y0, x1, y1) in parts:
        photo[y0:y1, x0:x1] = color
        labels[y0:y1, x0:x1] = label
    for y in range(62 + seed % 7, 128, 6 + seed % 5):
        photo[y : y + 2, left + 8 * (seed % 4) : left + 70] //= 2
    return photo, labels


def write_labelled(folder: Path) -> Path:
    """A folder as ../shared/data/ccp is, with eight photos of held-out names."""
    for name in ("photos", "masks"):
        (folder / name).mkdir(parents=True)
    (folder / "labels.json").write_text(json.dumps(LABELS))
    (folder / "groups.json").write_text(json.dumps(GROUPS))
    for index, name in enumerate(NAMES):
        photo, labels = draw_person(TOPS[index], PANTS[index], index)
        cv2.imwrite(str(folder / "photos" / f"{name}.jpg"), photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        cv2.imwrite(str(folder / "masks" / f"{name}.png"), labels)
    return folder


def write_classes(folder: Path, n_pictures: int = 6) -> Path:
    """Class folders named after the two colours that their pictures have; at least one picture of each is held out."""
    for number, kind in enumerate(("red", "blue")):
        (folder / kind).mkdir(parents=True)
        held = [name for i in range(200) if is_held_out(name := f"{kind}{i}.png")]
        rest = [name for i in range(200) if not is_held_out(name := f"{kind}{i}.png")]
        for index, name in enumerate([*held[:2], *rest[: n_pictures - 2]]):
            picture = np.full((60, 50, 3), MASKED_GREY, np.uint8)
            picture[10:50, 10 : 40 - 2 * index] = RGB[kind]
            picture[20 : 24 + index, 10 : 20 + 3 * number] = 0
            cv2.imwrite(str(folder / kind / name), picture[..., ::-1])
    return folder


def write_data(folder: Path) -> Path:
    """A folder as ../shared/data is, without reels."""
    write_labelled(folder / "ccp")
    write_classes(folder / "clothing")
    return folder


def labelled_options(folder: Path) -> list[str]:
    """The options that name a labelled folder part by part."""
    return [
        *("--photos", str(folder / "photos"), "--masks", str(folder / "masks")),
        *("--labels", str(folder / "labels.json"), "--groups", str(folder / "groups.json")),
    ]


MASKED_GREY = 127
