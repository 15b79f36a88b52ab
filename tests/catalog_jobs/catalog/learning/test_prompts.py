"""From cut-outs on disk to a table of captions."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from catalog_jobs.catalog.cropping.results import (
    Annotation,
    CutError,
    PictureResults,
    picture_name,
    product_folder,
    results_path,
)
from catalog_jobs.catalog.importing import ImportOptions, import_files
from catalog_jobs.catalog.learning.prompts import make_prompts
from catalog_jobs.catalog.learning.report import PromptsReport
from catalog_jobs.catalog.learning.rows import PromptRow, read_prompts
from catalog_jobs.catalog.learning.templates import load_templates
from catalog_jobs.catalog.store import note_content, products_in
from functions.cli.exits import ExitCode, run
from infra.local.cli import build_app
from infra.records.store import Records
from serve_app.contract import encode_rle
from tests.catalog_jobs.catalog.learning.drawn import draw, write_picture
from tests.catalog_jobs.catalog.shop import opened_records, product, write_images, write_products

TEMPLATES = load_templates()
RLE = encode_rle(np.ones((48, 40), np.bool_))


def write_results(folder: Path, product_id: str, number: int, hashed: str, types: list[str], *sold: str) -> list[Path]:
    """What was cut out of a picture: garments of these types. Returns the masked crops."""
    name, place = picture_name(product_id, number), product_folder(folder, product_id)
    found, paths = [], []
    for index, kind in enumerate(sold):
        masked = f"{place.name}/masked_crops/{name}_crop_{index}_{kind}_masked.png"
        paths.append(write_picture(folder / masked, draw("dress", "red", number)))
        found.append(
            Annotation(
                class_name=kind, bbox=(1, 2, 39, 46), segmentation=RLE, score=0.75, source="ground", is_sold=True,
                color_hex="#c81e28", color_basic="red", masked_crop_path=masked,
                bbox_crop_path=f"{place.name}/bbox_crops/{name}_crop_{index}_{kind}_bbox.jpg",
            )
        )  # fmt: skip
    write(folder, product_id, number, results_of(name, hashed, types, tuple(found)))
    return paths


def results_of(
    name: str, hashed: str, types: list[str], found: tuple[Annotation, ...] = (), error: CutError | None = None
) -> PictureResults:
    return PictureResults(
        original_image_path=f"{name}.jpg", image_name=f"{name}.jpg", content_hash=hashed, model="drawn@1",
        cut_version="1", product_types=tuple(types), product_color=None, min_score=0.5, annotations=found, error=error,
    )  # fmt: skip


def write(folder: Path, product_id: str, number: int, results: PictureResults) -> None:
    path = results_path(folder, product_id, number)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(results.model_dump_json())


class Shop:
    """Three products: a dress in two colours (variants) and a set of two pieces, with two pictures each."""

    def __init__(self, folder: Path) -> None:
        self.records: Records = opened_records(folder)
        self.folder, self.out = folder / "pictures", folder / "prompts.csv"
        self.bring(folder, "101", "102", "103")

    def bring(self, folder: Path, *ids: str) -> None:
        """Import products and cut their pictures."""
        told = {
            "101": ("Aria Dress", {"product_tags": "Colour:Red, Fabric:Linen, Print:Solid, GroupID:G1"}),
            "102": ("Aria Dress", {"product_tags": "Colour:Blue, Fabric:Linen, Print:Solid, GroupID:G1"}),
            "103": ("Linen Shirt & Shorts Set", {"product_type": "Co-Ord", "product_tags": "Colour:White"}),
        }
        rows = [product(one, told.get(one, ("Plain Dress", {}))[0], **told.get(one, ("", {}))[1]) for one in ids]
        links = [(one, f"https://c/{one}_{number}.jpg") for one in ids for number in range(2)]
        import_files(
            self.records, [write_products(folder / "p.csv", *rows)],
            ImportOptions(write_images(folder / "i.csv", *links)), lambda _what, _rows: None,
        )  # fmt: skip
        for row, images in products_in(self.records):
            for image in images:
                hashed = f"{row.product_id}{image.number}".ljust(64, "0")
                note_content(self.records, [(row.product_id, image.number, hashed)])
                write_results(self.folder, row.product_id, image.number, hashed, row.types, *row.types)

    def make(self, seed: int = 42, product_id: str | None = None) -> PromptsReport:
        return make_prompts(self.records, self.folder, self.out, TEMPLATES, seed, product_id)

    def rows(self) -> dict[str, list[PromptRow]]:
        found: dict[str, list[PromptRow]] = {}
        for row in read_prompts(self.out).rows:
            found.setdefault(row.product_id, []).append(row)
        return found


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.records.close()


def test_each_sold_cut_out_has_a_row(shop: Shop) -> None:
    report = shop.make()
    assert (report.rows, report.products, report.skipped) == (8, 3, {})
    rows = shop.rows()
    assert {product_id: len(found) for product_id, found in rows.items()} == {"101": 2, "102": 2, "103": 4}
    first = rows["101"][0]
    assert first.image_path.name == "101_000_crop_0_dress_masked.png"
    assert (first.label, first.color, first.image_url, first.group) == ("dress", "red", "https://c/101_0.jpg", "G1")
    assert first.facts["fabric"] == "linen"
    assert all(row.facts[name] in row.text.lower() or name == "title" for row in rows["101"] for name in row.says)


def test_the_pieces_of_a_set_are_named_as_what_they_are(shop: Shop) -> None:
    shop.make()
    pieces = {row.label: row for row in shop.rows()["103"]}
    assert set(pieces) == {"top", "shorts"}
    assert {row.color for row in pieces.values()} == {"red"}
    assert pieces["shorts"].facts["kind"] == "shorts"


def test_captions_differ_within_a_product(shop: Shop) -> None:
    report = shop.make()
    assert all(len({row.text for row in found}) == len(found) for found in shop.rows().values())
    assert report.texts >= 6


def test_variants_lie_on_one_side(shop: Shop) -> None:
    sides = set()
    for seed in range(12):
        shop.make(seed)
        rows = shop.rows()
        assert len({row.split for row in (*rows["101"], *rows["102"])}) == 1
        sides.add(rows["101"][0].split)
    assert sides == {"train", "val"}


def test_a_second_run_gives_the_same_bytes_and_another_seed_others(shop: Shop) -> None:
    shop.make()
    first = shop.out.read_bytes()
    shop.make()
    assert shop.out.read_bytes() == first
    shop.make(7)
    assert shop.out.read_bytes() != first


def test_a_new_product_changes_no_row_of_the_others(shop: Shop, tmp_path: Path) -> None:
    shop.make()
    before = shop.rows()
    shop.bring(tmp_path, "101", "102", "103", "100", "104")
    shop.make()
    after = shop.rows()
    assert set(after) == {*before, "100", "104"}
    assert {product_id: after[product_id] for product_id in before} == before


def test_bad_pictures_are_left_out_and_counted_by_reason(shop: Shop) -> None:
    masked = shop.folder / "product_101" / "masked_crops"
    (masked / "101_000_crop_0_dress_masked.png").write_bytes(b"no picture")
    write_picture(masked / "101_001_crop_0_dress_masked.png", np.zeros((30, 30, 4), np.uint8))
    results_path(shop.folder, "102", 0).unlink()
    write(
        shop.folder,
        "102",
        1,
        results_of("x", "1021".ljust(64, "0"), ["dress"], error=CutError(code="bad_image", message="")),
    )
    write(shop.folder, "103", 0, results_of("x", "other".ljust(64, "0"), ["top", "shorts"]))
    write(shop.folder, "103", 1, results_of("x", "1031".ljust(64, "0"), ["top", "shorts"]))
    report = shop.make()
    assert report.rows == 0
    assert report.skipped == dict.fromkeys(("damaged", "empty", "not_cut", "bad_image", "outdated", "no_garment"), 1)
    assert {(one.product_id, one.reason) for one in report.skipped_crops} >= {("101", "empty"), ("102", "not_cut")}


def test_one_product_alone_can_be_looked_at(shop: Shop) -> None:
    assert shop.make(product_id="102").rows == 2
    assert set(shop.rows()) == {"102"}


def test_the_command_writes_the_table_and_one_document(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELWEAR_RECORDS_URL", f"sqlite:///{tmp_path / 'records.sqlite'}")
    words = ["catalog", "prompts", "--out", str(tmp_path / "out.csv"), "--from", str(shop.folder)]
    words += ["--data", str(tmp_path / "data")]
    assert run(build_app(), [*words, "--json"]) == ExitCode.OK
    document = json.loads(capsys.readouterr().out)
    assert (document["rows"], document["train"] + document["val"], document["seed"]) == (8, 8, 42)
    assert len(read_prompts(tmp_path / "out.csv").rows) == 8
    assert run(build_app(), words) == ExitCode.OK
    assert "8 cut-outs of 3 products" in capsys.readouterr().out
    assert run(build_app(), [*words, "--product", "nobody"]) == ExitCode.FAILED
