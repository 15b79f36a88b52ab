"""Lists of near-duplicates and outliers."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from catalog_jobs.catalog.plotting.findings import near_duplicates, outliers, twins_csv
from catalog_jobs.catalog.plotting.gathering import gather
from catalog_jobs.catalog.plotting.options import Kind, Subject
from infra.records.store import Records
from infra.records.tables import ProductRow
from tests.catalog_jobs.catalog.plotting.drawing import drawn
from tests.catalog_jobs.catalog.plotting.shop import as_bytes, clustered, image_row, vector_row


def add_twins(records: Records) -> None:
    """p00 gets a second picture that repeats its first; p20 looks as p10 does, though it is of another type."""
    looks = clustered()
    with records.transaction() as session:
        session.add(image_row("p00", "b"))
        session.add(image_row("p20", "b"))
        session.flush()
        session.add(vector_row("p00", "b", as_bytes(looks[0]), state="kept", duplicate_of="a"))
        session.add(vector_row("p20", "b", as_bytes(looks[10] + 0.001)))


def test_near_duplicates_are_found_inside_products_and_across_them(shop: Records) -> None:
    add_twins(shop)
    document, _ = near_duplicates(gather(shop, (Kind.PRODUCT,)), 0.999)
    found = {(one.first.owner, one.first.part, one.second.owner, one.second.part) for one in document.pairs}
    assert found == {("p00", "a", "p00", "b"), ("p10", "a", "p20", "b")}
    assert {one.first.owner: one.is_same_owner for one in document.pairs} == {"p00": True, "p10": False}
    assert document.total == 2


def test_pictures_are_no_duplicates_of_words(shop: Records) -> None:
    with shop.transaction() as session:
        for row in session.query(ProductRow).limit(1):
            session.merge(vector_row(row.product_id, "text", as_bytes(clustered()[0]), kind="text"))
    document, _ = near_duplicates(gather(shop, (Kind.PRODUCT, Kind.TEXT)), 0.9999)
    assert document.pairs == ()


def test_the_one_that_is_unlike_all_others_heads_the_outliers(shop: Records) -> None:
    odd = np.zeros(24)
    odd[5] = -1
    with shop.transaction() as session:
        session.merge(vector_row("p12", "a", as_bytes(odd)))
    document, order = outliers(gather(shop, (Kind.PRODUCT, Kind.ITEM)), 3)
    assert document.outliers[0].point.owner == "p12"
    assert document.outliers[0].distance > 2 * document.outliers[1].distance
    assert int(order[0]) == 12


def test_a_table_runs_nothing_in_a_spreadsheet(shop: Records) -> None:
    add_twins(shop)
    with shop.transaction() as session:
        session.get_one(ProductRow, "p00").title = '=HYPERLINK("http://x")'
    document, _ = near_duplicates(gather(shop, (Kind.PRODUCT,)), 0.999)
    rows = list(csv.DictReader(io.StringIO(twins_csv(document))))
    assert rows[0]["first_title"].startswith("'=")
    assert [row["same_owner"] for row in rows] == ["yes", "no"]


def test_the_lists_are_written_with_all_that_was_found(shop: Records, data: Path) -> None:
    add_twins(shop)
    report = drawn(shop, data, Subject.PRODUCTS, duplicate_cosine=0.999, outliers=4).subjects[0]
    assert (report.near_duplicates, report.near_duplicates_total, report.outliers) == (2, 2, 4)
    assert (report.total, report.repeated) == (25, 1)
    folder = data / "plots"
    twins = json.loads((folder / "products_duplicates.json").read_text())
    assert (twins["least_cosine"], twins["total"], len(twins["pairs"])) == (0.999, 2, 2)
    lonely = json.loads((folder / "products_outliers.json").read_text())["outliers"]
    assert len(lonely) == 4
    assert [one["distance"] for one in lonely] == sorted((one["distance"] for one in lonely), reverse=True)
    assert len((folder / "products_outliers.csv").read_text().splitlines()) == 5


def test_sheets_of_an_earlier_run_do_not_stay_beside_those_of_this_one(shop: Records, data: Path) -> None:
    pytest.importorskip("matplotlib", reason="sheets need matplotlib: pip install 'reelwear[jobs]'")
    many = drawn(shop, data, duplicate_cosine=0.8)
    sheets = {one.name for one in many.files if "duplicates_" in one.name}
    assert len(sheets) > 1
    drawn(shop, data, duplicate_cosine=1.0)
    assert not list((data / "plots").glob("products_duplicates_[0-9]*.png"))
    (data / "plots" / "products_duplicates_mine.png").write_bytes(b"mine")
    drawn(shop, data, duplicate_cosine=1.0)
    assert (data / "plots" / "products_duplicates_mine.png").exists()


def test_without_any_pair_the_list_is_empty_and_there_is_no_sheet(shop: Records, data: Path) -> None:
    report = drawn(shop, data, duplicate_cosine=1.0).subjects[0]
    assert report.near_duplicates == 0
    assert not list((data / "plots").glob("products_duplicates_*.png"))
