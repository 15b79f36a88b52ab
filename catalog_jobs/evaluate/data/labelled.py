"""Photos with label images, listed by name."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog_jobs.evaluate.data.class_folders import check_folder, list_pictures, read_or_refuse
from catalog_jobs.parser.photos import Groups, read_mask
from serve_app.models.pictures import Image


@dataclass(frozen=True)
class LabelledPhoto:
    """A photo (H×W×3 RGB) and its label image (H×W)."""

    name: str
    pixels: Image
    labels: NDArray[np.uint8]


@dataclass(frozen=True)
class LabelledFolder:
    """Photos with their label images, and what the labels mean."""

    pairs: tuple[tuple[Path, Path], ...]
    groups: Groups

    def __len__(self) -> int:
        return len(self.pairs)

    def read(self) -> Iterator[LabelledPhoto]:
        """One at a time; raises ValueError for what cannot be decoded, or a mask of another size than its photo."""
        for photo_path, mask_path in self.pairs:
            pixels, labels = read_or_refuse(photo_path), read_mask(mask_path)
            if labels.shape != pixels.shape[:2]:
                raise ValueError(
                    f"{mask_path} is {labels.shape[1]}×{labels.shape[0]}, "
                    f"its photo {pixels.shape[1]}×{pixels.shape[0]}; they must agree"
                )
            yield LabelledPhoto(photo_path.stem, pixels, labels)


def list_pairs(photos_dir: Path, masks_dir: Path, names_file: Path | None) -> list[tuple[Path, Path]]:
    """Photo and label image of every name; raises ValueError for a photo without one, or an empty folder."""
    check_folder(photos_dir, "a folder of photos")
    check_folder(masks_dir, "the folder of their label images")
    by_stem = {path.stem: path for path in list_pictures(photos_dir)}
    names = list(by_stem) if names_file is None else read_names(names_file)
    if not names:
        raise ValueError(f"{names_file or photos_dir} holds no photo; .jpg and .png are read")
    pairs = []
    for name in names:
        mask = masks_dir / f"{name}.png"
        if name not in by_stem:
            raise ValueError(f"{photos_dir} has no photo named {name!r}, which {names_file} lists")
        if not mask.is_file():
            raise ValueError(f"the photo {name!r} has no label image {mask}")
        pairs.append((by_stem[name], mask))
    return pairs


def read_names(file: Path) -> list[str]:
    """The names in a file, apart by white space."""
    if not file.is_file():
        raise ValueError(f"{file} is no file; give one that lists the photos' names")
    return file.read_text("utf-8").split()
