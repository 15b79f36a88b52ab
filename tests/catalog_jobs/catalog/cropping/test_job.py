"""A shop of drawn pictures, cut with the parser of the package."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from catalog_jobs.catalog.cropping.job import only_cropper
from catalog_jobs.catalog.cropping.looking import ParserLooks
from catalog_jobs.catalog.cropping.results import Cut, cuts_of, read_results, results_path
from catalog_jobs.catalog.importing import ImportOptions, import_files
from catalog_jobs.catalog.store import products_in
from infra.errors import ErrorCode, ReelwearError
from serve_app.contract import decode_rle
from tests.catalog_jobs.catalog.cropping.stock import QUICK, Stock, article, as_file, photos, plain, stocked
from tests.catalog_jobs.catalog.shop import product, write_images, write_products

DRESS, BAG = photos(article("wrap_dress"), 1), photos(article("tote"), 2)
PRODUCTS = {"7": ("dress", DRESS), "8_0": ("bag", BAG), "9": ("none", DRESS), "10": ("top", [])}


def cuts(stock: Stock) -> list[Cut]:
    return [cut for row, images in products_in(stock.records) for cut in cuts_of(stock.folder, row, images)]


def test_each_product_has_its_garment_cut_out(tmp_path: Path, looks: ParserLooks) -> None:
    with stocked(tmp_path, PRODUCTS) as stock:
        report = stock.crop(looks)
        assert (report.products, report.pictures, report.done, report.kept, report.failed) == (3, 3, 3, 0, 0)
        assert (report.products_without_type, report.products_without_picture, report.products_without_cut) == (1, 1, 1)
        assert report.success_rate == 1 and report.stopped is None
        made = cuts(stock)
    assert [(cut.product_id, cut.number, cut.piece, cut.type) for cut in made] == [
        ("7", 0, 0, "dress"), ("8_0", 0, 0, "bag"), ("8_0", 1, 0, "bag"),
    ]  # fmt: skip
    assert made[0].source == "ground" and made[0].crop_path.name == "7_000_crop_0_dress_bbox.jpg"
    crop = cv2.imread(str(made[0].crop_path))
    alone = cv2.imread(str(made[0].masked_path), cv2.IMREAD_UNCHANGED)
    assert crop is not None and alone is not None and alone.shape[2] == 4
    assert alone[..., 3].min() == 0 and alone[..., 3].max() == 255


def test_the_results_are_laid_out_as_the_seed_laid_them_out(tmp_path: Path, looks: ParserLooks) -> None:
    with stocked(tmp_path, {"7": PRODUCTS["7"]}) as stock:
        stock.crop(looks)
        document = json.loads((stock.folder / "product_7" / "7_000_results.json").read_text())
    assert document["original_image_path"] == "product_7/7_000.jpg"
    assert (document["image_name"], document["box_format"]) == ("7_000", "xyxy")
    assert (document["img_width"], document["img_height"], document["error"]) == (600, 800, None)
    sold = [one for one in document["annotations"] if one["is_sold"]]
    assert len(sold) == 1 and document["annotations"][0] == sold[0]
    assert sold[0]["masked_crop_path"] == "product_7/masked_crops/7_000_crop_0_dress_masked.png"
    mask = decode_rle(stock.results("7").annotations[0].segmentation)
    x0, y0, x1, y1 = map(int, sold[0]["bbox"])
    assert mask.shape == (800, 600) and mask[y0:y1, x0:x1].sum() == mask.sum() > 0


def test_the_class_name_is_the_garments_type_whatever_its_files_are_called(tmp_path: Path, looks: ParserLooks) -> None:
    """The third part of the seed's file names was taken for the class, which was the crop's number."""
    with stocked(tmp_path, {"8_0": PRODUCTS["8_0"]}) as stock:
        stock.crop(looks)
        assert {cut.type for cut in cuts(stock)} == {"bag"}
        path = results_path(stock.folder, "8_0", 0)
        path.write_text(path.read_text().replace("_crop_0_bag_", "_crop_0_hat_"))
        assert cuts(stock)[0].type == "bag"


def test_a_second_run_does_nothing(tmp_path: Path, looks: ParserLooks) -> None:
    with stocked(tmp_path, PRODUCTS) as stock:
        first = stock.crop(looks)
        files = stock.files()
        times = {path: (stock.folder / path).stat().st_mtime_ns for path in files}
        second = stock.crop(looks)
        assert (second.done, second.kept, second.failed) == (0, 3, 0)
        assert (second.sources, second.products_without_cut) == (first.sources, 1)
        assert {path: (stock.folder / path).stat().st_mtime_ns for path in files} == times
        assert stock.crop(looks, replace(QUICK, is_forced=True)).done == 3
        assert stock.files() == files


def test_batches_of_any_size_give_the_same_files(tmp_path: Path, looks: ParserLooks) -> None:
    with stocked(tmp_path, PRODUCTS) as stock:
        stock.crop(looks)
        files = stock.files()
        stock.crop(looks, replace(QUICK, batch=1, at_once=1, is_forced=True))
        assert stock.files() == files


@pytest.mark.parametrize("loss", ["a crop", "the results", "half of the results"])
def test_what_is_missing_is_cut_again(loss: str, tmp_path: Path, looks: ParserLooks) -> None:
    with stocked(tmp_path, PRODUCTS) as stock:
        stock.crop(looks)
        files = stock.files()
        path = results_path(stock.folder, "7", 0)
        if loss == "a crop":
            cuts(stock)[0].masked_path.unlink()
        elif loss == "the results":
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:100])
        report = stock.crop(looks)
        assert (report.done, report.kept) == (1, 2)
        assert stock.files() == files


def test_a_product_that_changes_its_type_or_picture_is_cut_again_and_leaves_nothing(
    tmp_path: Path, looks: ParserLooks
) -> None:
    with stocked(tmp_path, {"7": PRODUCTS["7"]}) as stock:
        stock.crop(looks)
        rows = write_products(tmp_path / "p.csv", product("7", "A thing", product_type="Top"))
        images = write_images(tmp_path / "images.csv", ("7", "7-0.jpg"))
        import_files(stock.records, [rows], ImportOptions(images), lambda *_: None)
        assert cuts(stock) == []
        assert stock.crop(looks).done == 1
        assert [cut.type for cut in cuts(stock)] == ["top"]
        assert not [path for path in stock.files() if "dress" in path and "crop_0" in path]


def test_the_cut_hash_follows_the_pixels(tmp_path: Path, looks: ParserLooks) -> None:
    with stocked(tmp_path, {"7": ("dress", [*DRESS, BAG[0]])}) as stock:
        stock.crop(looks)
        before = [cut.cut_hash for cut in cuts(stock)]
        stock.crop(looks, replace(QUICK, is_forced=True))
        assert [cut.cut_hash for cut in cuts(stock)] == before
        assert len(set(before)) == 2


def test_one_bad_picture_fails_alone_and_by_name(tmp_path: Path, looks: ParserLooks) -> None:
    torn = as_file(plain(100, 100))
    bad = [as_file(plain(31, 90)), torn[:60] + bytes(900) + torn[-12:], as_file(plain(400, 400))]
    with stocked(tmp_path, {"7": ("dress", [*bad, *DRESS])}) as stock:
        report = stock.crop(looks, replace(QUICK, max_pixels=600 * 800 - 1, batch=4))
        assert report.reasons == {"too_small": 1, "damaged": 1, "too_many_pixels": 1} and report.done == 1
        report = stock.crop(looks, replace(QUICK, max_pixels=600 * 800))
        assert [(one.number, one.reason) for one in report.failures] == [(0, "too_small"), (1, "damaged")]
        assert "no side may be under 32" in report.failures[0].message
        assert (report.done, report.kept, report.success_rate, report.products_without_cut) == (1, 1, 0.5, 0)
        error = stock.results("7", 0).error
        assert error is not None and error.code == "too_small"
        assert [cut.number for cut in cuts(stock)] == [2, 3]


def test_pictures_that_were_not_fetched_are_counted(tmp_path: Path, looks: ParserLooks) -> None:
    with stocked(tmp_path, {"8": ("bag", BAG)}) as stock:
        (stock.folder / "product_8" / "8_001.jpg").unlink()
        report = stock.crop(looks)
        assert (report.done, report.not_fetched, report.failed) == (1, 1, 0)


def test_another_file_than_the_one_that_was_fetched_is_not_cut(tmp_path: Path, looks: ParserLooks) -> None:
    with stocked(tmp_path, {"8": ("bag", BAG[:1])}) as stock:
        path = stock.folder / "product_8" / "8_000.jpg"
        path.write_bytes(bytes(path.stat().st_size))
        report = stock.crop(looks)
        assert report.reasons == {"changed": 1}
        assert "catalog fetch" in report.failures[0].message
        assert cuts(stock) == []


def test_boxes_of_a_large_picture_are_in_its_own_pixels(tmp_path: Path, looks: ParserLooks) -> None:
    large = plain(1500, 2000)
    large[400:1600, 300:1200] = (200, 30, 40)
    with stocked(tmp_path, {"7": ("dress", [as_file(large, ".jpg")])}) as stock:
        stock.crop(looks)
        results = stock.results("7")
    assert (results.img_width, results.img_height) == (1500, 2000)
    assert np.allclose(results.sold[0].bbox, (300, 400, 1200, 1600), atol=6)
    assert results.sold[0].segmentation.size == (2000, 1500)
    assert results.sold[0].color_basic == "red"


def test_one_product_is_cut_by_its_id(tmp_path: Path, looks: ParserLooks) -> None:
    with stocked(tmp_path, PRODUCTS) as stock:
        assert stock.crop(looks, product_id="7").pictures == 1
        with pytest.raises(ReelwearError, match="'77'") as raised:
            stock.crop(looks, product_id="77")
    assert raised.value.code is ErrorCode.NOT_FOUND


def test_two_crops_of_one_folder_are_not_run(tmp_path: Path, looks: ParserLooks) -> None:
    with (
        stocked(tmp_path, {"7": PRODUCTS["7"]}) as stock,
        only_cropper(stock.folder),
        pytest.raises(ReelwearError, match="another crop") as raised,
    ):
        stock.crop(looks)
    assert raised.value.code is ErrorCode.ALREADY_RUNNING


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b'{"annotations": 3}'])
def test_what_is_no_results_file_is_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x_results.json").write_bytes(content)
    assert read_results(tmp_path / "x_results.json") is None
    assert read_results(tmp_path / "nothing.json") is None
