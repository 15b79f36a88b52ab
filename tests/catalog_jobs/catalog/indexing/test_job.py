"""An index is filled, changed and gone on with; with the embedder that ships, in this process."""

import numpy as np

from catalog_jobs.catalog.cropping.results import CutError, read_results, results_path
from catalog_jobs.catalog.cropping.writing import write_results
from catalog_jobs.catalog.indexing.job import index_catalog
from catalog_jobs.catalog.indexing.threads import Threads
from infra.records.store import Records
from infra.records.tables import CatalogIndex, ProductImageRow, ProductRow, ProductVectorRow
from tests.catalog_jobs.catalog.indexing.cut_shop import CutShop, noted, rows_of, states_of


def as_stored(records: Records) -> None:
    """What the vector store's owner notes once it has everything."""
    with records.transaction() as session:
        for row in session.query(ProductVectorRow):
            row.state = {"pending": "stored", "leaving": "kept"}.get(row.state, row.state)


def test_words_and_cut_outs_of_sold_products_get_a_vector_each(shop: CutShop, records: Records, line: Threads) -> None:
    shop.sell("1", "a", "b", title="Red Dress")
    shop.sell("2", title="Blue Dress")
    shop.bring(records)
    shop.cut(records)
    report = index_catalog(records, shop.folder, line)
    assert (report.products, report.embedded.images, report.embedded.texts) == (2, 2, 2)
    assert (report.failed, report.kept.images, report.stopped) == (0, 0, None)
    assert report.counts == {"products": 2, "images": 2, "texts": 2, "duplicates": 0, "without_vectors": 0}
    assert states_of(records) == dict.fromkeys([("1", "text"), ("1", "0"), ("1", "1"), ("2", "text")], "pending")
    rows = rows_of(records)
    assert {row["embedder"] for row in rows} == {line.card.embedder}
    images = {row["crop_file"]: row["types"] for row in rows if row["kind"] == "image"}
    crops = [f"product_1/bbox_crops/1_00{number}_crop_0_dress_bbox.jpg" for number in (0, 1)]
    assert images == {crop: ["dress"] for crop in crops}
    for row in rows:
        vector = np.frombuffer(row["vector"], "<f4")  # type: ignore[call-overload]
        assert vector.shape == (line.card.dimension,) and abs(float(np.linalg.norm(vector)) - 1) < 1e-5
    with records.transaction() as session:
        index = session.query(CatalogIndex).one()
    assert (index.state, index.dimension, index.revision) == ("filling", line.card.dimension, 0)
    assert index.finished_at is not None and "default" in index.fit["cutoffs"] and index.fit["words"]["scale"] > 0
    assert noted(records) == ({"stored"}, {"stored"})


def test_a_second_run_embeds_nothing_and_writes_nothing(shop: CutShop, records: Records, line: Threads) -> None:
    shop.sell("1", "a", "b")
    shop.bring(records)
    shop.cut(records)
    index_catalog(records, shop.folder, line)
    before = rows_of(records)
    report = index_catalog(records, shop.folder, line)
    assert (report.embedded.images + report.embedded.texts, report.kept.images, report.kept.texts) == (0, 2, 1)
    assert rows_of(records) == before


def test_the_same_picture_twice_in_a_product_is_one_vector_and_never_across_products(
    shop: CutShop, records: Records, line: Threads
) -> None:
    shop.sell("1", "a", "a~again", "b")
    shop.sell("2", "a~other", "b~other")
    shop.bring(records)
    shop.cut(records)
    report = index_catalog(records, shop.folder, line)
    assert report.counts["duplicates"] == 1
    assert states_of(records) == {
        ("1", "text"): "pending", ("1", "0"): "pending", ("1", "1"): "kept", ("1", "2"): "pending",
        ("2", "text"): "pending", ("2", "0"): "pending", ("2", "1"): "pending",
    }  # fmt: skip
    by_part = {row["part"]: row for row in rows_of(records) if row["product_id"] == "1"}
    (copy,) = (row for row in by_part.values() if row["duplicate_of"])
    assert by_part[copy["duplicate_of"]]["crop_file"] == "product_1/bbox_crops/1_000_crop_0_dress_bbox.jpg"


def test_the_pieces_of_a_set_are_parts_of_their_own_types(shop: CutShop, records: Records, line: Threads) -> None:
    shop.sell("1", "a", title="Co-Ord", product_type="Co-Ord")
    shop.bring(records)
    with records.transaction() as session:
        image = session.query(ProductImageRow).one()
    types = image_types(records)
    shop.cut_picture(image, types)
    report = index_catalog(records, shop.folder, line)
    assert (report.embedded.images, report.counts["duplicates"]) == (len(types), 0)
    images = {row["part"]: row["types"] for row in rows_of(records) if row["kind"] == "image"}
    assert images == {image.picture_id + (f".{place}" if place else ""): [kind] for place, kind in enumerate(types)}


def image_types(records: Records) -> list[str]:
    """The types of the only product."""
    with records.transaction() as session:
        return list(session.query(ProductRow).one().types)


def test_changed_words_and_pictures_replace_their_rows_alone(shop: CutShop, records: Records, line: Threads) -> None:
    shop.sell("1", "a", "b")
    shop.sell("2", "c")
    shop.bring(records)
    shop.cut(records)
    index_catalog(records, shop.folder, line)
    as_stored(records)
    shop.sell("1", "a", "b", title="Green Silk Gown")
    shop.bring(records)
    assert noted(records)[0] == {"stored", "pending"}
    report = index_catalog(records, shop.folder, line)
    assert (report.embedded.images, report.embedded.texts) == (0, 1)
    assert [key for key, state in states_of(records).items() if state == "pending"] == [("1", "text")]
    assert noted(records) == ({"stored"}, {"stored"})


def test_what_retires_leaves_and_comes_back_without_being_embedded(
    shop: CutShop, records: Records, line: Threads
) -> None:
    shop.sell("1", "a", "b")
    shop.sell("2", "c")
    shop.bring(records)
    shop.cut(records)
    index_catalog(records, shop.folder, line)
    as_stored(records)
    gone = shop.products.pop("2")
    shop.pictures.pop("2")
    shop.sell("1", "a")
    shop.bring(records)
    report = index_catalog(records, shop.folder, line)
    assert states_of(records) == {
        ("1", "text"): "stored", ("1", "0"): "stored", ("1", "1"): "leaving",
        ("2", "text"): "leaving", ("2", "0"): "leaving",
    }  # fmt: skip
    assert (report.counts["products"], report.counts["without_vectors"]) == (1, 0)
    as_stored(records)
    assert list(states_of(records).values()).count("kept") == 3
    shop.sell("1", "a", "b")
    shop.sell("2", "c", **gone)
    shop.bring(records)
    report = index_catalog(records, shop.folder, line)
    assert (report.embedded.images, report.embedded.texts) == (0, 0)
    assert sorted(states_of(records).values()) == ["pending", "pending", "pending", "stored", "stored"]


def test_a_piece_that_is_not_cut_any_more_leaves_and_its_row_goes(
    shop: CutShop, records: Records, line: Threads
) -> None:
    shop.sell("1", "a", title="Co-Ord", product_type="Co-Ord")
    shop.bring(records)
    types = image_types(records)
    shop.cut(records, types)
    index_catalog(records, shop.folder, line)
    as_stored(records)
    with records.transaction() as session:
        assert session.query(ProductImageRow).one().number == 0
    found = read_results(results_path(shop.folder, "1", 0))
    assert found is not None
    write_results(shop.folder, found.model_copy(update={"annotations": found.annotations[:1]}))
    index_catalog(records, shop.folder, line)
    assert states_of(records)["1", "0.1"] == "leaving"
    as_stored(records)
    index_catalog(records, shop.folder, line)
    assert ("1", "0.1") not in states_of(records)


def test_pictures_that_nobody_can_embed_yet_are_told_with_the_command_that_helps(
    shop: CutShop, records: Records, line: Threads
) -> None:
    shop.sell("1", "a", "b", "c")
    shop.bring(records)
    shop.cut(records)
    with records.transaction() as session:
        rows = list(session.query(ProductImageRow).order_by(ProductImageRow.number))
    results_path(shop.folder, "1", 1).unlink()
    write_results(shop.folder, shop.results(rows[2], error=CutError(code="too_small", message="too small")))
    shop.sell("2", "d")
    shop.bring(records, is_fetched=False)
    report = index_catalog(records, shop.folder, line)
    assert (report.pictures.not_fetched, report.pictures.not_cut, report.pictures.unusable) == (1, 1, 1)
    assert (report.embedded.images, report.embedded.texts, report.failed) == (1, 2, 0)
    assert noted(records)[1] == {"stored", "pending"}


def test_a_crop_that_cannot_be_read_is_a_row_in_the_report_and_is_tried_again(
    shop: CutShop, records: Records, line: Threads
) -> None:
    shop.sell("1", "a", "b", "c")
    shop.bring(records)
    shop.cut(records)
    crops = shop.folder / "product_1" / "bbox_crops"
    (crops / "1_000_crop_0_dress_bbox.jpg").write_bytes(b"no picture")
    kept = (crops / "1_001_crop_0_dress_bbox.jpg").read_bytes()
    (crops / "1_001_crop_0_dress_bbox.jpg").unlink()
    report = index_catalog(records, shop.folder, line)
    assert (report.failed, report.embedded.images, report.stopped) == (2, 1, None)
    assert report.reasons == {"damaged": 1, "no_crop": 1}
    assert all("reelwear catalog crop" in one.message for one in report.failures)
    assert set(states_of(records)) == {("1", "text"), ("1", "2")}
    (crops / "1_001_crop_0_dress_bbox.jpg").write_bytes(kept)
    report = index_catalog(records, shop.folder, line)
    assert (report.failed, report.embedded.images, report.kept.images) == (1, 1, 1)


def test_a_picture_that_is_being_cut_again_keeps_its_vector(shop: CutShop, records: Records, line: Threads) -> None:
    shop.sell("1", "a")
    shop.bring(records)
    shop.cut(records)
    index_catalog(records, shop.folder, line)
    as_stored(records)
    with records.transaction() as session:
        session.query(ProductImageRow).one().content_hash = "0" * 64
    report = index_catalog(records, shop.folder, line)
    assert report.pictures.not_cut == 1
    assert states_of(records) == {("1", "text"): "stored", ("1", "0"): "stored"}


def test_an_index_of_which_every_part_fails_is_not_whole(shop: CutShop, records: Records, line: Threads) -> None:
    shop.sell("1", "a", title="")
    shop.sell("2", "b")
    shop.bring(records)
    shop.cut(records)
    for crop in shop.folder.rglob("*_bbox.jpg"):
        crop.write_bytes(b"")
    with records.transaction() as session:
        session.query(ProductRow).update({"words": ""})
    report = index_catalog(records, shop.folder, line)
    assert report.stopped is not None and report.stopped.code == "nothing_embedded"
    with records.transaction() as session:
        assert session.query(CatalogIndex).one().finished_at is None


def test_no_products_are_no_error(shop: CutShop, records: Records, line: Threads) -> None:
    report = index_catalog(records, shop.folder, line)
    assert (report.products, report.stopped, report.counts["products"]) == (0, None, 0)
