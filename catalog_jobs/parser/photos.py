"""Photos with label images, folded into groups, and the random views that training sees of them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

IGNORE = 255
BACKGROUND = 0
STORED_LONG_SIDE_PX = 704
VALIDATION_FILE = Path(__file__).with_name("validation.txt")

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Groups:
    """The groups in the order of their file, and the group index of each of the finer labels."""

    names: tuple[str, ...]
    of_label: NDArray[np.uint8]

    @classmethod
    def load(cls, labels_file: Path, groups_file: Path) -> "Groups":
        """Read a list of label names and a table group → its label names; a label in no group is ignored."""
        labels: list[str] = json.loads(labels_file.read_text())
        table: dict[str, list[str]] = json.loads(groups_file.read_text())
        of_label = np.full(256, IGNORE, np.uint8)
        for index, members in enumerate(table.values()):
            for member in members:
                if member not in labels:
                    raise ValueError(f"{groups_file.name} names the label {member!r}, which {labels_file.name} lacks")
                of_label[labels.index(member)] = index
        return cls(tuple(table), of_label)

    def fold(self, mask: Image) -> Image:
        """A label image (H×W) as a group image of the same shape."""
        return self.of_label[mask]


@dataclass(frozen=True)
class Photo:
    """An RGB photo (H×W×3) and its group image (H×W, 255 = unknown)."""

    name: str
    pixels: Image
    groups: Image


def read_rgb(path: Path) -> Image:
    """Read a picture as H×W×3 RGB; raises ValueError if it cannot be decoded."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path} is not a picture that can be decoded; JPEG and PNG are")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def read_mask(path: Path) -> Image:
    """Read a label image as H×W; raises ValueError if it cannot be decoded."""
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise ValueError(f"{path} is not a label image that can be decoded; 8-bit PNG is")
    return np.asarray(mask, np.uint8)


def load_photos(photos_dir: Path, masks_dir: Path, groups: Groups, names: Iterable[str]) -> list[Photo]:
    """Photos by name, shrunk so that a training run holds them in memory."""
    loaded = []
    for name in names:
        pixels, mask = read_rgb(photos_dir / f"{name}.jpg"), groups.fold(read_mask(masks_dir / f"{name}.png"))
        scale = STORED_LONG_SIDE_PX / max(pixels.shape[:2])
        if scale < 1:
            size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
            pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
            mask = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST), np.uint8)
        loaded.append(Photo(name, pixels, mask))
    return loaded


def split_names(photos_dir: Path) -> tuple[list[str], list[str]]:
    """Names to train on and names to validate on; the second are listed in validation.txt and never trained on."""
    held_out = set(VALIDATION_FILE.read_text().split())
    names = sorted(path.stem for path in photos_dir.glob("*.jpg"))
    return [n for n in names if n not in held_out], [n for n in names if n in held_out]


@dataclass(frozen=True)
class View:
    """What training sees: pixels H×W×3, groups H×W, votes H×W×2 towards the wearer's centre (pixels), valid H×W."""

    pixels: Image
    groups: Image
    votes: NDArray[np.float32]
    has_wearer: NDArray[np.bool_]


def random_view(photos: Sequence[Photo], index: int, size_wh: tuple[int, int], rng: np.random.Generator) -> View:
    """A random crop of one photo, sometimes with the wearer of a second one cut out and pasted into it."""
    pixels, groups = warp(photos[index], size_wh, rng)
    wearer = ((groups != BACKGROUND) & (groups != IGNORE)).astype(np.uint8)
    if rng.random() < 0.3:
        other_pixels, other_groups = warp(photos[int(rng.integers(len(photos)))], size_wh, rng, is_pasted=True)
        pasted = (other_groups != BACKGROUND) & (other_groups != IGNORE)
        soft = cv2.GaussianBlur(pasted.astype(np.float32), (3, 3), 0)[..., None]
        pixels = (pixels * (1 - soft) + other_pixels * soft).astype(np.uint8)
        groups = np.where(pasted, other_groups, groups)
        wearer[pasted] = 2
    votes = np.zeros((*wearer.shape, 2), np.float32)
    for number in (1, 2):
        ys, xs = np.nonzero(wearer == number)
        if len(ys):
            votes[ys, xs, 0] = xs.mean() - xs
            votes[ys, xs, 1] = ys.mean() - ys
    return View(jitter(pixels, rng), groups, votes, wearer > 0)


def warp(
    photo: Photo, size_wh: tuple[int, int], rng: np.random.Generator, is_pasted: bool = False
) -> tuple[Image, Image]:
    """Crop, scale, turn and mirror a photo into a view; what lies outside it is grey and unknown."""
    width, height = size_wh
    photo_h, photo_w = photo.groups.shape
    visible = float(np.exp(rng.uniform(np.log(0.35), np.log(1.2))))
    if is_pasted:
        visible = float(rng.uniform(0.7, 1.6))
    scale = height / (photo_h * visible)
    stretch = float(np.exp(rng.uniform(-0.12, 0.12)))
    angle = np.deg2rad(rng.normal(0, 5))
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    linear = np.array(
        [[np.cos(angle) * scale * stretch, -np.sin(angle) * scale], [np.sin(angle) * scale, np.cos(angle) * scale]]
    ) @ np.diag([mirror, 1.0])
    half_w, half_h = photo_w / 2, photo_h / 2
    slack_w = max(photo_w - width / scale, 0.15 * photo_w) / 2
    slack_h = max(photo_h - height / scale, 0.08 * photo_h) / 2
    if is_pasted:
        slack_w = 0.45 * width / scale
    focus = np.array([half_w + rng.uniform(-1, 1) * slack_w, half_h + rng.uniform(-1, 1) * slack_h])
    matrix = np.column_stack([linear, np.array([width / 2, height / 2]) - linear @ focus])
    interpolation = cv2.INTER_AREA if scale < 0.6 else cv2.INTER_LINEAR
    pixels = cv2.warpAffine(photo.pixels, matrix, size_wh, flags=interpolation, borderValue=(127, 127, 127))
    groups = cv2.warpAffine(photo.groups, matrix, size_wh, flags=cv2.INTER_NEAREST, borderValue=(IGNORE,))
    return np.asarray(pixels, np.uint8), np.asarray(groups, np.uint8)


def jitter(pixels: Image, rng: np.random.Generator) -> Image:
    """Change the light, the colour cast, the sharpness and the compression, as cameras and apps do."""
    x = pixels.astype(np.float32)
    x = x * rng.uniform(0.7, 1.3, 3).astype(np.float32) ** 0.5 if rng.random() < 0.5 else x
    x = (x - 127) * rng.uniform(0.7, 1.3) + 127 + rng.uniform(-25, 25)
    grey = np.asarray(x.mean(2, keepdims=True), np.float32)
    x = grey + (x - grey) * (0.0 if rng.random() < 0.02 else rng.uniform(0.6, 1.4))
    view = np.clip(x, 0, 255).astype(np.uint8)
    if rng.random() < 0.15:
        view = np.asarray(cv2.GaussianBlur(view, (0, 0), rng.uniform(0.4, 1.4)), np.uint8)
    if rng.random() < 0.2:
        encoded = cv2.imencode(".jpg", view, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 90))])[1]
        view = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return view
