"""Cut-outs as files beside their picture: the crops first, the results last, each in one step."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from catalog_jobs.catalog.cropping.choosing import Cutting
from catalog_jobs.catalog.cropping.decoding import Picture
from catalog_jobs.catalog.cropping.results import Annotation, PictureResults
from functions.tagging.color import ItemColor, cloth_color, name_color
from functions.tagging.crops import masked_crop, plain_crop
from serve_app.contract import Box, Mask, encode_rle
from serve_app.models.pictures import Image

BOX_CROPS: Final = "bbox_crops"
MASKED_CROPS: Final = "masked_crops"
SCORE_DECIMALS: Final = 4


def annotated(picture: Picture, cuttings: Sequence[Cutting], product_dir: str, name: str) -> tuple[Annotation, ...]:
    """What is written of cuttings, in their order. product_dir: the product's folder within that of the pictures."""
    return tuple(
        _annotation(picture, cutting, f"{product_dir}/{{kind}}/{name}_crop_{number}_{cutting.type}_{{suffix}}")
        for number, cutting in enumerate(cuttings)
    )


def _annotation(picture: Picture, cutting: Cutting, path: str) -> Annotation:
    box, mask = at_full_size(cutting.box_xyxy, cutting.mask, picture.size_wh)
    color = color_of(picture, cutting.mask)
    return Annotation(
        class_name=cutting.type,
        bbox=box,
        segmentation=encode_rle(mask),
        score=round(cutting.score, SCORE_DECIMALS),
        source=cutting.source,
        is_sold=cutting.is_sold,
        color_hex=color.hex if color else None,
        color_basic=color.basic if color else None,
        bbox_crop_path=path.format(kind=BOX_CROPS, suffix="bbox.jpg"),
        masked_crop_path=path.format(kind=MASKED_CROPS, suffix="masked.png"),
    )


def color_of(picture: Picture, mask: Mask) -> ItemColor | None:
    """The main colour of what a mask covers."""
    cloth = cloth_color(picture.pixels, mask)
    return name_color(cloth) if cloth else None


def at_full_size(box: Box, mask: Mask, size_wh: tuple[int, int]) -> tuple[Box, Mask]:
    """A box and a mask (H×W) of the picture as the models see it, in pixels of the file, turned upright."""
    height, width = mask.shape
    if (width, height) == size_wh:
        return box, mask
    across, down = size_wh[0] / width, size_wh[1] / height
    scaled = cv2.resize(mask.astype(np.uint8), size_wh, interpolation=cv2.INTER_NEAREST)
    x0, y0, x1, y1 = (round(edge * by, 1) for edge, by in zip(box, (across, down, across, down), strict=True))
    return (x0, y0, x1, y1), np.asarray(scaled, np.bool_)


def write_cuttings(folder: Path, picture: Picture, cuttings: Sequence[Cutting], results: PictureResults) -> None:
    """Write the crops of all cuttings and then the results, which stand for all of it; crops of an earlier cutting go.

    Raises OSError.
    """
    for cutting, one in zip(cuttings, results.annotations, strict=True):
        replace_bytes(folder / one.bbox_crop_path, plain_crop(picture.pixels, cutting.box_xyxy))
        alone = on_white(picture.pixels, cutting.mask)
        replace_bytes(folder / one.masked_crop_path, masked_crop(alone, cutting.mask, cutting.box_xyxy))
    write_results(folder, results)


def on_white(pixels: Image, mask: Mask) -> Image:
    """A picture (H×W×3) that is white outside of a mask and its soft edge: fewer bytes as a PNG, and right also where
    transparency is not heeded.
    """
    wide = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.where(wide[..., None], pixels, np.uint8(255))


def write_results(folder: Path, results: PictureResults) -> None:
    """Write the results of a picture, after taking away crops that they do not name. Raises OSError."""
    named = {folder / path for one in results.annotations for path in (one.bbox_crop_path, one.masked_crop_path)}
    product_dir = (folder / results.original_image_path).parent
    for path in crops_of(product_dir, results.image_name):
        if path not in named:
            path.unlink(missing_ok=True)
    replace_bytes(product_dir / f"{results.image_name}_results.json", f"{results.model_dump_json()}\n".encode())


def crops_of(product_dir: Path, image_name: str) -> Iterator[Path]:
    """The crops that lie there of a picture, whoever wrote them."""
    for kind in (BOX_CROPS, MASKED_CROPS):
        yield from sorted((product_dir / kind).glob(f"{image_name}_crop_*"))


def replace_bytes(path: Path, data: bytes) -> None:
    """Put a file in its place in one step: readers see the old or the new, never half."""
    scratch = path.with_name(f".{path.name}.part")
    try:
        scratch.write_bytes(data)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_bytes(data)
    os.replace(scratch, path)  # noqa: PTH105 - called for every crop; Path.replace builds a path besides
