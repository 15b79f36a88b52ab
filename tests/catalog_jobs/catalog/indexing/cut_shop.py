"""A small shop whose pictures were fetched and cut: plain shapes, with the files that the cutting leaves behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from catalog_jobs.catalog.cropping.choosing import Cutting
from catalog_jobs.catalog.cropping.decoding import Picture
from catalog_jobs.catalog.cropping.results import PictureResults, picture_name, product_folder
from catalog_jobs.catalog.cropping.writing import annotated, write_cuttings
from catalog_jobs.catalog.fetching.catalogue import PICTURES_DIR, fetch_catalog
from catalog_jobs.catalog.fetching.options import FetchOptions
from catalog_jobs.catalog.importing import ImportOptions, import_files
from infra.records.store import Records
from infra.records.tables import ProductImageRow, ProductRow, ProductVectorRow
from infra.settings import Settings
from serve_app.contract import Mask
from tests.catalog_jobs.catalog.shop import product, write_images, write_products

HEIGHT, WIDTH = 200, 150


@dataclass
class CutShop:
    """The shop's files, its records and the folder of its pictures, below one folder."""

    root: Path
    products: dict[str, Mapping[str, str]] = field(default_factory=dict)
    pictures: dict[str, list[str]] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.root / "data"

    @property
    def folder(self) -> Path:
        """Of the pictures that were fetched, and what was cut out of them."""
        return self.data / PICTURES_DIR

    def open(self) -> Records:
        """The records, as the commands open them."""
        self.data.mkdir(exist_ok=True)
        records = Records(Settings.load(self.data).records_url)
        records.migrate()
        return records

    def sell(self, product_id: str, *pictures: str, title: str = "Linen Dress", **told: str) -> None:
        """Put a product in the shop's files. pictures: names, each of another picture;
        what follows a ~ is another file with the same picture.
        """
        self.products[product_id] = {"title": title, **told}
        self.pictures[product_id] = list(pictures)

    def bring(self, records: Records, is_fetched: bool = True) -> None:
        """Import the files as they are now, and fetch the pictures."""
        shop = self.root / "shop"
        shop.mkdir(exist_ok=True)
        write_products(
            shop / "products.csv", *(product(product_id, **told) for product_id, told in self.products.items())
        )
        rows = [(product_id, f"{name}.png") for product_id, names in self.pictures.items() for name in names]
        write_images(shop / "images.csv", *rows)
        for _, name in rows:
            (shop / name).write_bytes(drawn(name.removesuffix(".png").partition("~")[0]))
        import_files(records, [shop / "products.csv"], ImportOptions(shop / "images.csv"), lambda *_: None)
        if is_fetched:
            fetch_catalog(records, self.folder, FetchOptions())

    def cut(self, records: Records, types: Sequence[str] = ("dress",), only: str = "") -> None:
        """Leave the cut-outs of all fetched pictures, or of one product's: a piece for each type, one below another."""
        with records.transaction() as session:
            rows = list(session.query(ProductImageRow).filter(ProductImageRow.content_hash.is_not(None)))
        for row in rows:
            if row.retired_at is None and only in ("", row.product_id):
                self.cut_picture(row, types)

    def cut_picture(self, row: ProductImageRow, types: Sequence[str]) -> None:
        """The files of one picture."""
        name = picture_name(row.product_id, row.number)
        (source,) = product_folder(self.folder, row.product_id).glob(f"{name}.*")
        rgb = np.asarray(cv2.imread(str(source), cv2.IMREAD_COLOR_RGB), np.uint8)
        masks = [piece_mask(place, len(types)) for place in range(len(types))]
        picture = Picture(rgb, None, (WIDTH, HEIGHT))
        cuttings = [
            Cutting(kind, "ground", 0.9, box_of(mask), mask, is_sold=True)
            for kind, mask in zip(types, masks, strict=True)
        ]
        written = annotated(picture, cuttings, f"product_{row.product_id}", name)
        write_cuttings(self.folder, picture, cuttings, self.results(row, types, annotations=written))

    def results(self, row: ProductImageRow, types: Sequence[str] = ("dress",), **told: Any) -> PictureResults:
        """The results of one picture, as yet without anything found."""
        name = picture_name(row.product_id, row.number)
        return PictureResults(
            original_image_path=f"product_{row.product_id}/{name}.png",
            image_name=name,
            content_hash=row.content_hash or "",
            model="test@1",
            cut_version="1",
            product_types=tuple(types),
            product_color=None,
            min_score=0.1,
            img_width=WIDTH,
            img_height=HEIGHT,
            **told,
        )


def drawn(name: str) -> bytes:
    """A picture for a name, as PNG: blots of its own on a light ground."""
    chance = np.random.default_rng(int(sha256(name.encode()).hexdigest()[:8], 16))
    pixels = np.full((HEIGHT, WIDTH, 3), 240, np.uint8)
    cv2.ellipse(pixels, (WIDTH // 2, HEIGHT // 2), (60, 90), 0, 0, 360, chance.integers(0, 256, 3).tolist(), -1)
    for _ in range(25):
        center = (int(chance.integers(20, WIDTH - 20)), int(chance.integers(20, HEIGHT - 20)))
        cv2.circle(pixels, center, int(chance.integers(4, 25)), chance.integers(0, 256, 3).tolist(), -1)
    return bytes(cv2.imencode(".png", pixels)[1])


def piece_mask(place: int, count: int) -> Mask:
    """The ellipse in the middle, or its part for one of several pieces."""
    whole: NDArray[np.uint8] = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(whole, (WIDTH // 2, HEIGHT // 2), (60, 90), 0, 0, 360, 1, -1)
    mask = whole.astype(bool)
    mask[: HEIGHT * place // count] = False
    mask[HEIGHT * (place + 1) // count :] = False
    return mask


def box_of(mask: Mask) -> tuple[float, float, float, float]:
    """The box around a mask: left, top, right and bottom, the last two without."""
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return float(xs[0]), float(ys[0]), float(xs[-1]) + 1, float(ys[-1]) + 1


def rows_of(records: Records, embedder: str | None = None) -> list[dict[str, object]]:
    """All rows of product vectors, every column but the time."""
    with records.transaction() as session:
        rows = session.query(ProductVectorRow).order_by(
            ProductVectorRow.embedder, ProductVectorRow.product_id, ProductVectorRow.part
        )
        names = [column.name for column in ProductVectorRow.__table__.columns if column.name != "updated_at"]
        return [{name: getattr(row, name) for name in names} for row in rows if embedder in (None, row.embedder)]


def states_of(records: Records) -> dict[tuple[str, str], str]:
    """Product and part → state; parts are "text", or number of the picture and what follows the picture's id."""
    with records.transaction() as session:
        numbers = {(row.product_id, row.picture_id): row.number for row in session.query(ProductImageRow)}
    found = {}
    for row in rows_of(records):
        product_id, (picture, dot, piece) = str(row["product_id"]), str(row["part"]).partition(".")
        part = "text" if picture == "text" else f"{numbers[product_id, picture]}{dot}{piece}"
        found[product_id, part] = str(row["state"])
    return found


def noted(records: Records) -> tuple[set[str], set[str]]:
    """The vector states of products, and of pictures."""
    with records.transaction() as session:
        return (
            {row.vector_state for row in session.query(ProductRow) if row.retired_at is None},
            {row.vector_state for row in session.query(ProductImageRow) if row.retired_at is None},
        )
