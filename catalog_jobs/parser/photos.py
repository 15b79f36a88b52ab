"""Photos with label images, folded into groups, and the random views that training sees of them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

IGNORE = 255
BACKGROUND = 0
STORED_LONG_SIDE_PX = 704
BODY = ("background", "skin", "hair")
# Groups that few photos or few pixels show: views are drawn towards them.
RARE = ("skirt", "shorts", "legwear", "hat", "eyewear", "scarf", "belt", "jewelry", "dress")
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
    """An RGB photo (H×W×3) and its group image (H×W, 255 = unknown).

    allowed: of a photo whose group image a parser made, the groups (C) that people saw in it; None where people drew
    it. rare: some points (y, x) of each of its rare groups.
    """

    name: str
    pixels: Image
    groups: Image
    n_groups: int
    allowed: NDArray[np.bool_] | None = None
    rare: Mapping[int, NDArray[np.intp]] = field(default_factory=dict)


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
        loaded.append(Photo(name, pixels, mask, len(groups.names), rare=rare_points(mask, groups)))
    return loaded


def load_tagged(tagged_dir: Path, images_dir: Path, tags_file: Path, labels_file: Path, groups: Groups) -> list[Photo]:
    """Photos of which people said the labels and a parser drew the group images (`catalog_jobs.parser.tagged`)."""
    tags: dict[str, list[str]] = json.loads(tags_file.read_text())
    labels: list[str] = json.loads(labels_file.read_text())
    loaded = []
    for path in sorted(images_dir.glob("*.png")):
        allowed = np.array([name in BODY for name in groups.names])
        allowed[[group for tag in tags[path.stem] if (group := groups.of_label[labels.index(tag)]) != IGNORE]] = True
        mask = read_mask(path)
        if "jewelry" in groups.names and allowed[groups.names.index("jewelry")]:
            # Most of it is missed by the parser that drew these, and lies on what it drew instead.
            mask[np.isin(mask, [groups.names.index(name) for name in ("skin", "hair")])] = IGNORE
        pixels = read_rgb(tagged_dir / f"{path.stem}.jpg")
        loaded.append(Photo(path.stem, pixels, mask, len(groups.names), allowed, rare_points(mask, groups)))
    return loaded


def rare_points(mask: Image, groups: Groups, most: int = 64) -> dict[int, NDArray[np.intp]]:
    """Some points (y, x) of each rare group of a group image."""
    points = {}
    for name in RARE:
        if name in groups.names:
            found = np.argwhere(mask == groups.names.index(name))
            if len(found):
                points[groups.names.index(name)] = found[:: max(1, len(found) // most)]
    return points


def split_names(photos_dir: Path) -> tuple[list[str], list[str]]:
    """Names to train on and names to validate on; the second are listed in validation.txt and never trained on."""
    held_out = set(VALIDATION_FILE.read_text().split())
    names = sorted(path.stem for path in photos_dir.glob("*.jpg"))
    return [n for n in names if n not in held_out], [n for n in names if n in held_out]


@dataclass(frozen=True)
class View:
    """What training sees: pixels H×W×3, groups H×W, votes H×W×2 towards the wearer's centre (pixels), valid H×W.

    presence: for each group 1, 0, or -1 where nobody knows whether it is in the view. allowed: the groups (C) that may
    be in it at all.
    """

    pixels: Image
    groups: Image
    votes: NDArray[np.float32]
    has_wearer: NDArray[np.bool_]
    presence: NDArray[np.float32]
    allowed: NDArray[np.bool_]


def random_view(photos: Sequence[Photo], index: int, size_wh: tuple[int, int], rng: np.random.Generator) -> View:
    """A random crop of one photo, sometimes with the wearer of a second one cut out and pasted into it."""
    photo = photos[index]
    pixels, groups = warp(photo, size_wh, rng)
    wearer = ((groups != BACKGROUND) & (groups != IGNORE)).astype(np.uint8)
    other = photos[int(rng.integers(len(photos)))]
    is_pasted = other.allowed is None and photo.allowed is None and rng.random() < 0.2
    if is_pasted:
        other_pixels, other_groups = warp(other, size_wh, rng, is_pasted=True)
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
    if rng.random() < 0.12:
        pixels, groups = written_over(pixels, groups, rng)
    allowed = np.ones(photo.n_groups, np.bool_) if photo.allowed is None else photo.allowed
    return View(jitter(pixels, rng), groups, votes, wearer > 0, presence_in(groups, photo), allowed)


def presence_in(groups: Image, photo: Photo, least_px: int = 24) -> NDArray[np.float32]:
    """Which groups a view shows; of a tagged photo only those that nobody saw are certain."""
    counts = np.bincount(groups.ravel(), minlength=256)[: photo.n_groups]
    if photo.allowed is None:
        return np.where(counts >= least_px, 1.0, np.where(counts > 0, -1.0, 0.0)).astype(np.float32)
    return np.where(photo.allowed, np.where(counts >= 4 * least_px, 1.0, -1.0), 0.0).astype(np.float32)


def empty_view(photos: Sequence[Photo], size_wh: tuple[int, int], rng: np.random.Generator) -> View:
    """A view without anybody: pieces of street from photos, enlarged and put together, or writing on a plain ground."""
    width, height = size_wh
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = rng.integers(0, 256, 3)
    n_rows = int(rng.integers(1, 3)) if rng.random() < 0.9 else 0
    for row in range(n_rows):
        band = slice(row * height // n_rows, (row + 1) * height // n_rows)
        pixels[band] = street(photos, (width, height // n_rows + 1), rng)[: band.stop - band.start]
    groups = np.zeros((height, width), np.uint8)
    if n_rows == 0 or rng.random() < 0.3:
        pixels, groups = written_over(pixels, groups, rng)
    nobody = np.zeros((height, width), np.bool_)
    presence = np.zeros(photos[0].n_groups, np.float32)
    presence[BACKGROUND] = 1
    allowed = np.ones(photos[0].n_groups, np.bool_)
    return View(jitter(pixels, rng), groups, np.zeros((height, width, 2), np.float32), nobody, presence, allowed)


def street(photos: Sequence[Photo], size_wh: tuple[int, int], rng: np.random.Generator) -> Image:
    """A window of a photo where nobody is, as large as needed."""
    for _ in range(40):
        photo = photos[int(rng.integers(len(photos)))]
        if photo.allowed is not None:
            continue
        height, width = photo.groups.shape
        side_h, side_w = int(rng.integers(height // 6, height // 2)), int(rng.integers(width // 6, width // 2))
        y, x = int(rng.integers(0, height - side_h)), int(rng.integers(0, width - side_w))
        if not (photo.groups[y : y + side_h, x : x + side_w] != BACKGROUND).any():
            window = photo.pixels[y : y + side_h, x : x + side_w]
            window = window[:, ::-1] if rng.random() < 0.5 else window
            return np.asarray(cv2.resize(np.ascontiguousarray(window), size_wh), np.uint8)
    return np.full((size_wh[1], size_wh[0], 3), rng.integers(0, 256, 3), np.uint8)


def written_over(pixels: Image, groups: Image, rng: np.random.Generator) -> tuple[Image, Image]:
    """Titles over a view, as reels have them: what lies under the letters is no garment any more."""
    ink = np.zeros(groups.shape, np.uint8)
    letters = list("ABCDEFGHIJKLMNOPRSTUVWXYZabcdefghiklmnoprstuvwxyz 0123456789!?")
    y = int(rng.integers(20, groups.shape[0]))
    for _ in range(int(rng.integers(1, 4))):
        word = "".join(rng.choice(letters, int(rng.integers(3, 16))))
        scale = float(rng.uniform(0.5, 2.2))
        at = (int(rng.integers(-20, groups.shape[1] // 2)), y)
        cv2.putText(ink, word, at, int(rng.integers(0, 8)), scale, (255,), max(1, int(scale * rng.uniform(1, 3))))
        y += int(34 * scale)
    written = pixels.copy()
    written[ink > 0] = rng.integers(0, 256, 3)
    return written, np.where(ink > 0, np.uint8(BACKGROUND), groups)


def focus_of(photo: Photo, rng: np.random.Generator) -> tuple[float, float] | None:
    """A point (x, y) of one of the photo's rare groups, if it has one."""
    rare = [group for group in photo.rare if len(photo.rare[group])]
    if not rare:
        return None
    points = photo.rare[rare[int(rng.integers(len(rare)))]]
    y, x = points[int(rng.integers(len(points)))]
    return float(x), float(y)


def warp(
    photo: Photo, size_wh: tuple[int, int], rng: np.random.Generator, is_pasted: bool = False
) -> tuple[Image, Image]:
    """Crop, scale, turn and mirror a photo into a view; what lies outside it is grey and unknown."""
    width, height = size_wh
    photo_h, photo_w = photo.groups.shape
    visible = float(np.exp(rng.uniform(np.log(0.3), np.log(1.15))))
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
    point = focus_of(photo, rng) if not is_pasted and visible < 0.8 and rng.random() < 0.45 else None
    if point:
        reach = np.array([width, height]) / scale / 2 * 0.7
        nearest = np.array(point) - np.clip(np.array(point) - focus, -reach, reach)
        focus = nearest
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
