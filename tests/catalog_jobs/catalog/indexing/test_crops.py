"""What the embedder is shown of a cut-out: the garment alone on grey, as items of videos are."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from catalog_jobs.catalog.cropping.choosing import Cutting
from catalog_jobs.catalog.cropping.decoding import Picture
from catalog_jobs.catalog.cropping.results import PictureResults
from catalog_jobs.catalog.cropping.writing import annotated, write_cuttings
from catalog_jobs.catalog.indexing.crops import MaskedCrop, read_crop
from catalog_jobs.catalog.indexing.here import EmbedderHere
from catalog_jobs.catalog.indexing.parts import Failure
from serve_app.contract import Mask
from serve_app.models.pictures import MASKED_FILL, Image, crop_masked, read_picture

Place = tuple[int, int, int, int]


def cut(folder: Path, pixels: Image, mask: Mask, file_wh: tuple[int, int] | None = None) -> Path:
    """A picture cut along a mask as the job does it; the path of the crop of its box. file_wh: of a larger file."""
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = (float(xs[0]), float(ys[0]), float(xs[-1]) + 1, float(ys[-1]) + 1)
    picture = Picture(pixels, None, file_wh or (pixels.shape[1], pixels.shape[0]))
    cutting = Cutting("dress", "ground", 0.9, box, mask, is_sold=True)
    written = annotated(picture, [cutting], "product_7", "7_000")
    results = PictureResults(
        original_image_path="product_7/7_000.jpg", image_name="7_000", content_hash="0", model="test@1",
        cut_version="1", product_types=("dress",), product_color=None, min_score=0.1, annotations=written,
    )  # fmt: skip
    write_cuttings(folder, picture, [cutting], results)
    return folder / written[0].bbox_crop_path


def photo(height: int, width: int, seed: int = 0) -> Image:
    """Soft blots of many colours."""
    noise = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def garment(height: int, width: int, place: Place) -> Mask:
    """An ellipse with a hole: centre and half axes."""
    x, y, half_width, half_height = place
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (x, y), (half_width, half_height), 15, 0, 360, 1, -1)
    cv2.circle(mask, (x, y), half_width // 4, 0, -1)
    return mask.astype(bool)


@pytest.mark.parametrize(
    ("size", "place", "by"),
    [
        pytest.param((400, 300), (150, 200, 90, 140), 1, id="in the middle"),
        pytest.param((400, 300), (20, 380, 90, 140), 1, id="over the corner of the picture"),
        pytest.param((1024, 768), (380, 500, 300, 450), 1, id="larger than is looked at"),
        pytest.param((512, 384), (190, 250, 90, 200), 3, id="of a larger file"),
    ],
)
def test_a_product_is_shown_as_an_item_would_be(
    size: tuple[int, int], place: Place, by: int, tmp_path: Path, embedder: EmbedderHere
) -> None:
    pixels, mask = photo(*size), garment(*size, place)
    crop = read_crop(cut(tmp_path, pixels, mask, (by * size[1], by * size[0])))
    assert isinstance(crop, MaskedCrop)
    shown = crop.on_grey()
    assert isinstance(shown, np.ndarray)
    server_s = crop_masked(read_picture(crop.jpeg, 10_000_000), crop.mask > 0)
    assert np.array_equal(shown, server_s), "the model server makes the same of both"
    as_item, as_product = embedder.embed_images([crop_masked(pixels, mask), shown])
    assert not isinstance(as_item, Failure) and not isinstance(as_product, Failure)
    assert float(as_item @ as_product) > 0.98


def test_what_is_no_garment_is_grey_and_the_garment_is_where_it_was(tmp_path: Path) -> None:
    pixels = np.zeros((300, 200, 3), np.uint8)
    mask = garment(300, 200, (100, 150, 60, 100))
    pixels[mask] = (250, 30, 30)
    crop = read_crop(cut(tmp_path, pixels, mask))
    shown = crop.on_grey() if isinstance(crop, MaskedCrop) else crop
    assert isinstance(shown, np.ndarray)
    is_grey = (shown == MASKED_FILL).all(2)
    inner = cv2.erode((~is_grey).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    assert (np.abs(shown[inner].astype(int) - (250, 30, 30)) < 25).all()
    assert (~is_grey).sum() == pytest.approx(mask.sum(), rel=0.01)
    assert is_grey[:2].all() and is_grey[:, -2:].all(), "the crop has its margin"


def test_a_crop_whose_results_do_not_know_it_is_told(tmp_path: Path) -> None:
    path = cut(tmp_path, photo(300, 200), garment(300, 200, (100, 150, 60, 100)))
    results = tmp_path / "product_7" / "7_000_results.json"
    text = results.read_text()
    for broken in ("{", "[]", "{}", text.replace("_crop_0_", "_crop_9_"), text.replace('"counts":"', '"counts":"0')):
        assert broken != text
        results.write_text(broken)
        failure = read_crop(path)
        assert isinstance(failure, Failure) and failure.reason == "damaged" and "--force" in failure.message
    results.write_text(text)
    path.write_bytes(path.read_bytes()[:200])
    crop = read_crop(path)
    cut_off = crop.on_grey() if isinstance(crop, MaskedCrop) else crop
    assert isinstance(cut_off, Failure) and cut_off.reason == "damaged"
    results.unlink()
    missing = read_crop(path)
    assert isinstance(missing, Failure) and missing.reason == "no_crop"
