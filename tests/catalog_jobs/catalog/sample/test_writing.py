"""The files of the sample: whole, small, the same each time, and as they say."""

import re
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from catalog_jobs.catalog.importing import ImportOptions, import_files
from catalog_jobs.catalog.sample.__main__ import app, main
from catalog_jobs.catalog.sample.assortment import articles
from catalog_jobs.catalog.sample.words import COLUMNS
from catalog_jobs.catalog.sample.writing import SampleReport, whole, write_sample
from catalog_jobs.catalog.tags import facets_of, split_tags
from functions.tagging.color import cloth_color, name_color
from infra.errors import ErrorCode, ReelwearError
from infra.records.store import Records
from tests.catalog_jobs.catalog.sample.conftest import Sample
from tests.catalog_jobs.catalog.sample.masks import silhouette

SOME = list(articles())[::25]


def test_both_files_have_the_columns_of_the_two_file_format(sample: Sample) -> None:
    assert tuple(sample.products[0]) == COLUMNS
    assert tuple(sample.images[0]) == ("id", "image_url")
    assert all(all(row.values()) for row in sample.products)


def test_every_product_has_two_or_three_pictures_that_decode(sample: Sample) -> None:
    counts = Counter(row["id"] for row in sample.images)
    assert set(counts) == {row["id"] for row in sample.products}
    assert set(counts.values()) == {2, 3}
    for row in sample.images:
        assert re.fullmatch(r"pictures/\d+_\d\.jpg", row["image_url"])
        picture = cv2.imread(str(sample.folder / row["image_url"]))
        assert picture is not None and picture.shape == (800, 600, 3)
        assert picture.std() > 5
    assert {path.name for path in (sample.folder / "pictures").iterdir()} == {
        row["image_url"].partition("/")[2] for row in sample.images
    }


def test_the_colour_of_a_title_is_the_colour_that_the_picture_shows(sample: Sample) -> None:
    wrong = []
    for article in articles():
        picture = cv2.imread(str(sample.folder / f"pictures/{article.product_id}_1.jpg"), cv2.IMREAD_COLOR_RGB)
        drawing = article.cut.draw()
        color = cloth_color(np.asarray(picture, np.uint8), silhouette(drawing, whole(drawing)))
        assert color is not None
        if name_color(color).name != article.color:
            wrong.append((article.group.style, article.color, name_color(color).name))
    assert len(wrong) <= 0.05 * len(sample.products), wrong


def test_groups_hold_two_products_or_more_of_one_type_in_several_colours(sample: Sample) -> None:
    groups: dict[str, list[tuple[str, str]]] = {}
    for row in sample.products:
        facets = facets_of(split_tags(row["product_tags"]))
        groups.setdefault(facets["group_id"][0], []).append((row["product_type"], facets["color"][0]))
    assert min(map(len, groups.values())) >= 2
    assert all(len({kind for kind, _ in group}) == 1 for group in groups.values())
    assert all(len({color for _, color in group}) == len(group) for group in groups.values())


def test_the_report_counts_what_lies_there_and_it_is_small(sample: Sample) -> None:
    report = sample.report
    assert (report.product_count, report.picture_count) == (len(sample.products), len(sample.images))
    assert report.bytes == sum(path.stat().st_size for path in sample.folder.rglob("*") if path.is_file())
    assert report.bytes < 6_000_000
    assert (report.products, report.images) == (str(sample.folder / "products.csv"), str(sample.folder / "images.csv"))


def test_the_importer_takes_every_row(sample: Sample, tmp_path: Path) -> None:
    records = Records(f"sqlite:///{tmp_path / 'records.db'}")
    records.migrate()
    try:
        files = [sample.folder / "products.csv", sample.folder / "images.csv"]
        report = import_files(records, files, ImportOptions(is_strict=True))
    finally:
        records.close()
    assert report.is_stored
    assert report.bad_row_count == 0
    assert not report.unmapped_types


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two", "other")]
    for folder, seed in zip(folders, (5, 5, 6), strict=True):
        write_sample(folder, seed, SOME)
    one, two, other = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in folders
    )
    assert one == two
    assert set(one) == set(other)
    fronts = [path for path in one if path.name.endswith("_1.jpg")]
    assert len(fronts) == len(SOME)
    # A belt has no folds to fall otherwise.
    assert sum(one[path] != other[path] for path in fronts) > len(SOME) / 2


def test_progress_is_heard_and_time_is_what_the_clock_says(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    ticks = iter([10.0, 12.5])
    report = write_sample(
        tmp_path, 5, SOME[:2], on_progress=lambda done, of: heard.append((done, of)), clock=lambda: next(ticks)
    )
    assert heard == [(1, 2), (2, 2)]
    assert report.took_s == 2.5


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("")
    with pytest.raises(ReelwearError, match="file cannot be written") as caught:
        write_sample(taken, 5, SOME[:1])
    assert caught.value.code is ErrorCode.BAD_SETTING


def test_the_command_asks_for_a_folder() -> None:
    done = CliRunner().invoke(app, [])
    assert done.exit_code == 2
    assert "--out" in done.output


def test_the_command_tells_a_fault_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "file"
    taken.write_text("")
    assert main(["--out", str(taken)]) == 1
    assert capsys.readouterr().err.startswith("bad_setting: the folder")


def test_the_command_answers_one_json_document(sample: Sample) -> None:
    assert SampleReport.model_validate(sample.report.model_dump()) == sample.report
