"""`<picture>_results.json`: what was cut out of a picture, as it is written and as other jobs read it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from catalog_jobs.catalog.cropping.choosing import Source
from catalog_jobs.catalog.cropping.pieces import Sold
from catalog_jobs.catalog.pictures import safe_name
from infra.records.tables import ProductImageRow, ProductRow
from serve_app.contract import Rle

# Another one wherever the same picture and the same finds may give other cut-outs.
CUT_VERSION: Final = "1"


class Written(BaseModel):
    """What the parts of the file share."""

    model_config = ConfigDict(frozen=True)


class Annotation(Written):
    """One garment of a picture. class_name: a type of the taxonomy. bbox: x0, y0, x1, y1 in pixels of the upright
    picture. source: detected by the models, cut from its plain ground, or the whole picture. score: a detection's
    chance, the share of the border that is ground, 0 of the whole. Paths are relative to the folder of the pictures.
    """

    class_name: str
    bbox: tuple[float, float, float, float]
    segmentation: Rle
    score: float
    source: Source
    is_sold: bool
    color_hex: str | None
    color_basic: str | None
    bbox_crop_path: str
    masked_crop_path: str


class CutError(Written):
    """Why a picture cannot be used."""

    code: str
    message: str


class PictureResults(Written):
    """One picture. annotations: what is sold first, the leading piece of a set before the others; the rest by score.

    content_hash: SHA-256 of its bytes. model: the detector, name@version, and the segmenter where it is another one.
    product_types, product_color: what was looked for. min_score: finds below it are left out.
    """

    original_image_path: str
    image_name: str
    content_hash: str
    model: str
    cut_version: str
    product_types: tuple[str, ...]
    product_color: str | None
    min_score: float
    annotations: tuple[Annotation, ...] = ()
    box_format: Literal["xyxy"] = "xyxy"
    img_width: int = 0
    img_height: int = 0
    error: CutError | None = None

    @property
    def sold(self) -> tuple[Annotation, ...]:
        """The garments that are sold, the leading piece first."""
        return tuple(one for one in self.annotations if one.is_sold)

    def shows(self, content_hash: str | None, product_types: Sequence[str]) -> bool:
        """Whether this is of a picture of these bytes, of a product of these types."""
        return self.content_hash == content_hash and self.product_types == tuple(product_types)

    def has_files(self, folder: Path) -> bool:
        """Whether all crops lie in the folder of the pictures."""
        paths = (path for one in self.annotations for path in (one.bbox_crop_path, one.masked_crop_path))
        return all((folder / path).is_file() for path in paths)


@dataclass(frozen=True)
class Cut:
    """One sold garment of one picture. piece: 0 first, more of sets alone. crop_path: a JPEG of its box; masked_path: a
    PNG that is transparent around it. cut_hash: another one wherever the cut-out may be another.
    """

    product_id: str
    picture_id: str
    number: int
    piece: int
    type: str
    crop_path: Path
    masked_path: Path
    color_hex: str | None
    color_basic: str | None
    content_hash: str
    cut_hash: str
    source: Source


def picture_name(product_id: str, number: int) -> str:
    """What the files of a picture begin with.

    >>> picture_name("7843", 2)
    '7843_002'
    """
    return f"{safe_name(product_id)}_{number:03d}"


def product_folder(folder: Path, product_id: str) -> Path:
    """Where the pictures of a product lie."""
    return folder / f"product_{safe_name(product_id)}"


def results_path(folder: Path, product_id: str, number: int) -> Path:
    """Where the results of a picture lie."""
    return product_folder(folder, product_id) / f"{picture_name(product_id, number)}_results.json"


def read_results(path: Path) -> PictureResults | None:
    """The results in a file; None where there is none, or something else lies there."""
    try:
        return PictureResults.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def cuts_of(folder: Path, product: ProductRow, images: Sequence[ProductImageRow]) -> Iterator[Cut]:
    """The sold garments of a product's pictures, by the numbers of the pictures.

    None of a picture that was not cut yet, or has changed since, or whose product has other types by now.
    """
    for image in sorted(images, key=lambda row: row.number):
        results = read_results(results_path(folder, product.product_id, image.number))
        if results is None or results.error or not results.shows(image.content_hash, product.types):
            continue
        for piece, one in enumerate(results.sold):
            yield Cut(
                product_id=product.product_id,
                picture_id=image.picture_id,
                number=image.number,
                piece=piece,
                type=one.class_name,
                crop_path=folder / one.bbox_crop_path,
                masked_path=folder / one.masked_crop_path,
                color_hex=one.color_hex,
                color_basic=one.color_basic,
                content_hash=results.content_hash,
                cut_hash=cut_hash(results, one),
                source=one.source,
            )


def cut_hash(results: PictureResults, one: Annotation) -> str:
    """SHA-256 of what a cut-out's pixels depend on: the picture, the box, the mask and how it is cut."""
    told = (results.content_hash, one.bbox, one.segmentation.size, one.segmentation.counts, results.cut_version)
    return hashlib.sha256(repr(told).encode()).hexdigest()


def sold_of(product: ProductRow) -> Sold:
    """What is looked for in the pictures of a product."""
    return Sold(tuple(product.types), product.color_basic)
