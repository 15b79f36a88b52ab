"""The PNGs, as they were drawn."""

from pathlib import Path

import numpy as np
import pytest

from catalog_jobs.catalog.plotting.options import MapOptions, Method, Subject
from infra.records.store import Records
from tests.catalog_jobs.catalog.plotting.drawing import PCA, drawn, pixels, share_of
from tests.catalog_jobs.catalog.plotting.shop import BGR, HOSTILE, fill_products

pytest.importorskip("matplotlib", reason="PNGs need matplotlib: pip install 'reelwear[jobs]'")
pytest.importorskip("scipy", reason="heat maps need SciPy: pip install 'reelwear[jobs]'")


def test_a_map_of_few_points_shows_their_pictures(shop: Records, data: Path) -> None:
    drawn(shop, data)
    shown = pixels(data / "plots" / "products_pca_2d.png")
    assert shown.shape[:2] == (2880, 3750), "300 dots an inch"
    assert all(share_of(shown, bgr) > 0.002 for bgr in BGR), "the crops of all three types"


def test_a_map_of_many_points_shows_dots_in_the_colours_of_their_classes(records: Records, data: Path) -> None:
    fill_products(records, data / "catalog" / "pictures", each=51)
    drawn(records, data, maps=(PCA, MapOptions(Method.PCA, 3)))
    for name in ("products_pca_2d.png", "products_pca_3d.png"):
        shown = pixels(data / "plots" / name)
        for rgb in ("d6539b", "a5693f", "c2334d"):
            red, green, blue = bytes.fromhex(rgb)
            assert share_of(shown[400:-200, 200:-900], (blue, green, red), 40) > 0.0008, (name, rgb)


def test_a_heat_map_is_dark_along_its_diagonal(shop: Records, data: Path) -> None:
    drawn(shop, data, has_heatmap=True)
    shown = pixels(data / "plots" / "products_heatmap.png").mean(axis=2)
    top, left, side = 363, 558, 2520
    cells = shown[top : top + side, left : left + side]
    cell = side // 24
    middles = cells[cell // 2 :: cell, cell // 2 :: cell][:24, :24]
    assert np.diag(middles).mean() < 60
    blocks = middles.reshape(3, 8, 3, 8).mean(axis=(1, 3))
    assert np.diag(blocks).max() + 50 < blocks[~np.eye(3, dtype=bool)].min(), "three clusters, side by side"


def test_a_sheet_shows_garments_and_the_products_nearest_to_them(shop: Records, data: Path) -> None:
    report = drawn(shop, data, Subject.ITEMS, sheet_rows=3)
    (sheet,) = [one for one in report.files if "neighbours" in one.name]
    assert sheet.what == "nearest products"
    shown = pixels(data / "plots" / sheet.name)
    assert sum(share_of(shown, bgr) for bgr in BGR) > 0.05


def test_titles_of_strangers_are_drawn_as_they_are(records: Records, data: Path) -> None:
    fill_products(records, data / "catalog" / "pictures", each=2, title=f"{HOSTILE} 日本 👗 $ \\frac \n")
    report = drawn(
        records, data, has_heatmap=True, sheet_rows=4, duplicate_cosine=0.5, outliers=3, subject=Subject.PRODUCTS
    )
    names = {one.name for one in report.files if one.name.endswith(".png")}
    assert len(names) == 5
    assert all(pixels(data / "plots" / name).std() > 5 for name in names)


def test_crops_that_are_gone_are_counted_and_shown_as_dots(shop: Records, data: Path, pictures: Path) -> None:
    (pictures / "product_p00" / "p00_000.png").unlink()
    (pictures / "product_p01" / "p01_000.png").write_bytes(b"no picture")
    report = drawn(shop, data, duplicate_cosine=0.9, outliers=4, sheet_rows=24).subjects[0]
    assert (report.pictures, report.without_picture) == (22, 2)
    assert "2 pictures cannot be read, or are gone" in report.notes


def test_a_store_that_is_down_leaves_reels_without_pictures_and_says_so(shop: Records, data: Path) -> None:
    report = drawn(shop, data, Subject.ITEMS, duplicate_cosine=0.9).subjects[0]
    assert (report.pictures, report.without_picture) == (0, 18)
    assert any("`reelwear up` starts it" in note for note in report.notes)
    assert pixels(data / "plots" / "items_pca_2d.png").std() > 5


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_points_make_all_that_can_be_made_of_them(records: Records, data: Path, count: int) -> None:
    fill_products(records, data / "catalog" / "pictures", each=1)
    report = drawn(
        records, data, maps=(PCA, MapOptions(Method.PCA, 3)), sample=count, has_heatmap=True, sheet_rows=5,
        duplicate_cosine=0.95, outliers=5,
    ).subjects[0]  # fmt: skip
    assert sum(report.points.values()) == count
    assert ("a heat map needs two points" in report.notes) == (count == 1)
    assert (data / "plots" / "products_heatmap.png").exists() == (count > 1)
