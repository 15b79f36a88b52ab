"""Pictures of one colour in class folders, for labels that a test makes up."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from catalog_jobs.evaluate.held_out import is_for_fitting, is_held_out
from serve_app.models.pictures import Image

# Names of held-out pictures, without the suffix .png, of the half that judges and of the half that is fitted on.
JUDGING = [str(i) for i in range(400) if is_held_out(f"{i}.png") and not is_for_fitting(f"{i}.png")]
FITTED = [str(i) for i in range(400) if is_held_out(f"{i}.png") and is_for_fitting(f"{i}.png")]
RED, GREEN, YELLOW = (255, 0, 0), (0, 255, 0), (255, 255, 0)


def plain(color: tuple[int, int, int], side_px: int = 16) -> Image:
    """A square of one colour."""
    return np.full((side_px, side_px, 3), color, np.uint8)


def write_class_pictures(folder: Path, colors: Mapping[str, tuple[int, int, int]]) -> None:
    """Pictures of one colour under names such as "dress/a.png"."""
    for name, color in colors.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), np.ascontiguousarray(plain(color)[..., ::-1]))
