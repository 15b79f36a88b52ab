"""The sample catalogue as files: products.csv, images.csv and a folder of pictures."""

import csv
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict

from catalog_jobs.catalog.sample import DEFAULT_SEED
from catalog_jobs.catalog.sample.assortment import Article, articles
from catalog_jobs.catalog.sample.camera import Pixels, View
from catalog_jobs.catalog.sample.drawing import Drawing, Piece
from catalog_jobs.catalog.sample.fabrics import cloths_of
from catalog_jobs.catalog.sample.render import photograph
from catalog_jobs.catalog.sample.words import COLUMNS, row_of
from infra.errors import ErrorCode, ReelwearError

PRODUCTS, IMAGES, PICTURES = "products.csv", "images.csv", "pictures"
IMAGE_COLUMNS = ("id", "image_url")
# How much of the picture the whole garment takes, and how much larger than its measures it is shown at most.
MARGIN_WH = (504, 676)
LARGEST = 1.5
# Busy cloth hides the traces of compression, plain cloth shows them: the best of these that keeps a picture small.
QUALITIES = (76, 66, 56, 48, 42)
SMALL_BYTES = 16_500
JPEG = (cv2.IMWRITE_JPEG_OPTIMIZE, 1, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)

OnProgress = Callable[[int, int], None]


class SampleReport(BaseModel):
    """What was drawn and where it lies."""

    model_config = ConfigDict(frozen=True)

    products: str
    images: str
    product_count: int
    group_count: int
    picture_count: int
    bytes: int
    seed: int
    took_s: float


@dataclass(frozen=True)
class Shot:
    """One picture of an article, by its number from 1; path: relative to the folder of the catalogue."""

    article: Article
    number: int
    view: View

    @property
    def path(self) -> str:
        """Where it goes."""
        return f"{PICTURES}/{self.article.product_id}_{self.number}.jpg"


def write_sample(
    folder: Path,
    seed: int = DEFAULT_SEED,
    every: Sequence[Article] | None = None,
    on_progress: OnProgress = lambda _done, _of: None,
    clock: Callable[[], float] = time.monotonic,
) -> SampleReport:
    """Draw the catalogue into a folder, which is made where it is missing; the same seed gives the same bytes.

    every: the products, all of them where None. Other files there stay, those of the same names are replaced.
    `on_progress` hears how many products are done, and of how many. Raises DISK_FULL or BAD_SETTING if the folder
    cannot be written.
    """
    began_s = clock()
    every = list(articles()) if every is None else every
    written = 0
    pictures: list[tuple[str, str]] = []
    try:
        (folder / PICTURES).mkdir(parents=True, exist_ok=True)
        for done, article in enumerate(every, start=1):
            drawing = article.cut.draw()
            for shot in shots(article, drawing):
                data = encoded(shoot(shot, drawing, seed))
                (folder / shot.path).write_bytes(data)
                pictures.append((article.product_id, shot.path))
                written += len(data)
            on_progress(done, len(every))
        written += _table(folder / PRODUCTS, COLUMNS, (row_of(one, _chance(seed, one)).values() for one in every))
        written += _table(folder / IMAGES, IMAGE_COLUMNS, pictures)
    except OSError as fault:
        code = ErrorCode.DISK_FULL if fault.errno == 28 else ErrorCode.BAD_SETTING
        message = f"the folder {folder} cannot be written ({fault.strerror}); give --out a folder with 10 MB free"
        raise ReelwearError(code, message) from fault
    return SampleReport(
        products=str(folder / PRODUCTS),
        images=str(folder / IMAGES),
        product_count=len(every),
        group_count=len({one.group_number for one in every}),
        picture_count=len(pictures),
        bytes=written,
        seed=seed,
        took_s=round(clock() - began_s, 2),
    )


def shots(article: Article, drawing: Drawing) -> list[Shot]:
    """The whole garment first, then its details."""
    views = [whole(drawing), *(View(x, y, scale) for x, y, scale in article.cut.details)]
    return [Shot(article, number, view) for number, view in enumerate(views, start=1)]


def whole(drawing: Drawing) -> View:
    """A view of all of a drawing, in the middle of the picture."""
    points = np.concatenate([part.outline for part in drawing if isinstance(part, Piece)])
    low, high = points.min(axis=0), points.max(axis=0)
    x, y = ((low + high) / 2).tolist()
    scale = min(MARGIN_WH[0] / float(high[0] - low[0]), MARGIN_WH[1] / float(high[1] - low[1]), LARGEST)
    return View(x, y, scale)


def shoot(shot: Shot, drawing: Drawing, seed: int) -> Pixels:
    """The picture of one view. The pictures of a product have the same creases, those of its variants others."""
    return photograph(drawing, cloths_of(shot.article), shot.view, seed, fall=shot.article.number)


def encoded(picture: Pixels) -> bytes:
    """A picture as a JPEG of 600×800."""
    pixels = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    data = b""
    for quality in QUALITIES:
        data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, quality, *JPEG))[1].tobytes()
        if len(data) <= SMALL_BYTES:
            break
    return data


def _chance(seed: int, article: Article) -> random.Random:
    return random.Random(seed * 10_007 + article.number)  # noqa: S311 - a discount, not a secret


def _table(path: Path, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    return path.stat().st_size
