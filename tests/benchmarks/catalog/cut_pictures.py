"""A large shop whose pictures are cut already: some photographs of the sample catalogue, many times over."""

from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from catalog_jobs.catalog.cropping.choosing import Cutting
from catalog_jobs.catalog.cropping.decoding import Picture
from catalog_jobs.catalog.cropping.foreground import find_foreground
from catalog_jobs.catalog.cropping.results import PictureResults, picture_name
from catalog_jobs.catalog.cropping.writing import annotated, write_cuttings
from catalog_jobs.catalog.importing import ImportOptions, import_files
from catalog_jobs.catalog.sample.assortment import articles
from catalog_jobs.catalog.sample.writing import write_sample
from catalog_jobs.catalog.store import note_content, products_in
from infra.records.store import Records
from serve_app.models.pictures import Image
from tests.catalog_jobs.catalog.shop import product, write_images, write_products

DRAWN = 6
# Photographs of shops are larger than those of the sample.
LARGER = 1.6
PICTURES_A_PRODUCT = 2


def write_cut_shop(folder: Path, crops: int) -> None:
    """Write records.sqlite and pictures/ of a shop with so many cut-outs, two a product; all differ in their shade."""
    photos = drawn_photos(folder / "sample")
    count = crops // PICTURES_A_PRODUCT
    products = (product(f"{number:06d}", f"Linen Dress No. {number}") for number in range(count))
    rows = ((f"{number:06d}", f"{number}_{place}.jpg") for number in range(count) for place in range(2))
    listed = [write_products(folder / "products.csv", *products), write_images(folder / "images.csv", *rows)]
    records = Records(f"sqlite:///{folder / 'records.sqlite'}")
    records.migrate()
    import_files(records, listed[:1], ImportOptions(listed[1]))
    digests = []
    for row, images in products_in(records):
        for image in images:
            pixels, cutting = photos[(int(row.product_id) * 2 + image.number) % len(photos)]
            shade = int(row.product_id) % 40 + image.number
            seen = np.asarray(np.minimum(pixels, 255 - shade) + np.uint8(shade), np.uint8)
            digest = f"{row.product_id}{image.number}".zfill(64)
            cut(folder / "pictures", row.product_id, image.number, digest, seen, cutting)
            digests.append((row.product_id, image.number, digest))
    note_content(records, digests)
    records.close()


def cut(folder: Path, product_id: str, number: int, digest: str, pixels: Image, cutting: Cutting) -> None:
    """The files of one picture."""
    name = picture_name(product_id, number)
    picture = Picture(pixels, None, (pixels.shape[1], pixels.shape[0]))
    written = annotated(picture, [cutting], f"product_{product_id}", name)
    results = PictureResults(
        original_image_path=f"product_{product_id}/{name}.jpg", image_name=name, content_hash=digest, model="drawn@1",
        cut_version="1", product_types=("dress",), product_color=None, min_score=0.1, annotations=written,
    )  # fmt: skip
    write_cuttings(folder, picture, [cutting], results)


def drawn_photos(folder: Path) -> list[tuple[Image, Cutting]]:
    """Photographs of the sample catalogue, larger, each with the garment on its ground."""
    write_sample(folder, every=list(islice(articles(), 0, None, 25))[:DRAWN])
    found = []
    for path in sorted((folder / "pictures").glob("*.jpg")):
        small = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)
        pixels = np.asarray(cv2.resize(small, None, fx=LARGER, fy=LARGER, interpolation=cv2.INTER_CUBIC), np.uint8)
        seen = find_foreground(pixels)
        if seen is None:
            continue
        ys, xs = np.flatnonzero(seen.mask.any(1)), np.flatnonzero(seen.mask.any(0))
        box = (float(xs[0]), float(ys[0]), float(xs[-1]) + 1, float(ys[-1]) + 1)
        found.append((pixels, Cutting("dress", "ground", seen.score, box, seen.mask, is_sold=True)))
    return found
