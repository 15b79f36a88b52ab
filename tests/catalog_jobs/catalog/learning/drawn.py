"""A shop of coloured shapes: products of some colours and types, two pictures each, as a table of prompts."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from catalog_jobs.catalog.learning.rows import PromptRow, write_prompts
from catalog_jobs.catalog.learning.sides import Side
from serve_app.models.pictures import Image

COLORS = {
    "red": (200, 30, 40), "green": (40, 150, 60), "blue": (40, 60, 200), "yellow": (235, 215, 50),
    "black": (20, 20, 22), "white": (245, 245, 245),
}  # fmt: skip
TYPES = ("dress", "hat", "pants")


def draw(kind: str, color: str, seed: int) -> Image:
    """A garment (48×40×4 RGBA): its shape tells its type."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((48, 40, 4), np.uint8)
    rgba = (*(int(np.clip(level + rng.normal(0, 6), 0, 255)) for level in COLORS[color]), 255)
    x, y = (int(rng.integers(-2, 3)) for _ in range(2))
    if kind == "dress":
        cv2.fillPoly(picture, [np.array([(20 + x, 3 + y), (35 + x, 44 + y), (5 + x, 44 + y)])], rgba)
    elif kind == "hat":
        cv2.ellipse(picture, (20 + x, 26 + y), (17, 10), 0, 0, 360, rgba, -1)
    else:
        cv2.rectangle(picture, (8 + x, 4 + y), (16 + x, 44 + y), rgba, -1)
        cv2.rectangle(picture, (23 + x, 4 + y), (31 + x, 44 + y), rgba, -1)
    return picture


def write_picture(path: Path, rgba: Image) -> Path:
    """As PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    return path


def shop_rows(
    folder: Path,
    held_out: Callable[[int], bool] = lambda number: number % 2 == 1,
    caption: Callable[[str, str], str] = lambda color, kind: f"{color} {kind}",
    colors: Sequence[str] = tuple(COLORS),
    pictures: int = 2,
) -> list[PromptRow]:
    """Two products of each colour and type, of which one is held out; held_out: by a product's number."""
    rows = []
    made = [(color, kind) for kind in TYPES for color in colors for _ in range(2)]
    for number, (color, kind) in enumerate(made):
        side: Side = "val" if held_out(number) else "train"
        for view in range(pictures):
            path = write_picture(folder / "crops" / f"{number}_{view}.png", draw(kind, color, 10 * number + view))
            rows.append(
                PromptRow(
                    product_id=f"p{number}",
                    image_path=path,
                    label=kind,
                    text=caption(color, kind),
                    split=side,
                    color=color,
                    says=("color", "type"),
                    facts={"color": color, "type": kind},
                )
            )
    return rows


def write_shop(folder: Path, rows: Sequence[PromptRow] | None = None) -> Path:
    """The table beside its pictures."""
    path = folder / "prompts.csv"
    write_prompts(path, shop_rows(folder) if rows is None else rows)
    return path
