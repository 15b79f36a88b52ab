"""A shop whose pictures lie in the folder, as an import and a fetch leave them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from catalog_jobs.catalog.cropping.job import crop_catalog
from catalog_jobs.catalog.cropping.looking import ParserLooks
from catalog_jobs.catalog.cropping.options import CropOptions, Where
from catalog_jobs.catalog.cropping.report import CropReport
from catalog_jobs.catalog.cropping.results import PictureResults, read_results, results_path
from catalog_jobs.catalog.fetching.catalogue import fetch_catalog
from catalog_jobs.catalog.fetching.options import FetchOptions
from catalog_jobs.catalog.importing import ImportOptions, import_files
from catalog_jobs.catalog.sample.assortment import Article, articles
from catalog_jobs.catalog.sample.writing import encoded, shoot, shots
from infra.records.store import Records
from serve_app.models.pictures import Image
from tests.catalog_jobs.catalog.shop import opened_records, product, write_images, write_products

QUICK = CropOptions(batch=2, at_once=2)
WORDS = {"top": "Top", "dress": "Dress", "shoes": "Shoes", "bag": "Bag", "none": "Gift Card", "set": "Shorts Set"}


@dataclass(frozen=True)
class Stock:
    """Records, and the folder of the pictures."""

    records: Records
    folder: Path

    def crop(self, looks: ParserLooks, options: CropOptions = QUICK, product_id: str | None = None) -> CropReport:
        return crop_catalog(self.records, self.folder, looks, Where.HERE, options, product_id=product_id)

    def results(self, product_id: str, number: int = 0) -> PictureResults:
        found = read_results(results_path(self.folder, product_id, number))
        assert found is not None
        return found

    def files(self) -> dict[str, bytes]:
        """All that was written beside the pictures."""
        made = [*self.folder.rglob("*_results.json"), *self.folder.glob("*/*_crops/*")]
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in made}


@contextmanager
def stocked(folder: Path, products: Mapping[str, tuple[str, Sequence[bytes]]]) -> Iterator[Stock]:
    """A shop of products by id: a word of WORDS, and the bytes of the pictures. Pictures that no fetch would let
    through are put in their place under the records' back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for product_id, (_, pictures) in products.items():
        for number, data in enumerate(pictures):
            name = f"{product_id}-{number}{suffix_of(data)}"
            (folder / name).write_bytes(data)
            rows.append((product_id, name))
    words = [product(one, "A thing", product_type=WORDS[word]) for one, (word, _) in products.items()]
    tables = write_products(folder / "products.csv", *words), write_images(folder / "images.csv", *rows)
    records = opened_records(folder)
    try:
        import_files(records, [tables[0]], ImportOptions(tables[1]), lambda *_: None)
        fetch_catalog(records, folder / "pictures", FetchOptions())
        yield Stock(records, folder / "pictures")
    finally:
        records.close()


def suffix_of(data: bytes) -> str:
    return ".png" if data.startswith(b"\x89PNG") else ".webp" if data.startswith(b"RIFF") else ".jpg"


def article(kind: str, place: int = 0) -> Article:
    """One of the drawn sample's products by the beginning of its cut's name."""
    return [one for one in articles() if one.group.cut.startswith(kind)][place]


def photos(one: Article, count: int = 2, seed: int = 1) -> list[bytes]:
    """The pictures of a drawn product: the whole garment first."""
    drawing = one.cut.draw()
    return [encoded(shoot(shot, drawing, seed)) for shot in shots(one, drawing)[:count]]


def plain(width: int = 300, height: int = 400, ground: int = 240) -> Image:
    """A ground with the grain of a camera."""
    grain = np.random.default_rng(0).normal(0, 1.2, (height, width, 1))
    return np.clip(ground + grain, 0, 255).astype(np.uint8).repeat(3, axis=2)


def as_file(pixels: Image, suffix: str = ".png") -> bytes:
    """An RGB picture as bytes."""
    return cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes()
