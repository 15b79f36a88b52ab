"""From records to points: which embedder, which rows, and what is told of those that are left out."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from catalog_jobs.catalog.plotting.gathering import gather
from catalog_jobs.catalog.plotting.options import Kind, Subject
from infra.errors import ErrorCode, ReelwearError
from infra.records.store import Records
from infra.records.tables import CatalogIndex, ProductImageRow, ProductRow, Run, Upload
from tests.catalog_jobs.catalog.plotting.shop import (
    DIMENSION,
    EMBEDDER,
    LATER,
    NOW,
    OTHER,
    add_run,
    as_bytes,
    clustered,
    fill_products,
    fill_reels,
    image_row,
    index_row,
    item_row,
    product_row,
    upload_row,
    vector_row,
)

LOOK = clustered()[0]


def test_products_come_with_what_the_shop_says_of_them(shop: Records) -> None:
    points = gather(shop, (Kind.PRODUCT,))
    assert (len(points), points.embedder, points.unusable, points.left_out) == (24, EMBEDDER, 0, {})
    first = points.rows[0]
    assert (first.title, first.type, first.category, first.color) == ("Dress 0", "dress", "Dress", "red")
    assert first.lines == ("red, dress", "3 in stock", "product p00")
    assert first.picture is not None
    assert first.picture.name == "product_p00/p00_000.png"
    np.testing.assert_allclose(points.vectors, clustered(), atol=1e-6)


def test_texts_show_the_first_picture_of_their_product(shop: Records) -> None:
    points = gather(shop, (Kind.TEXT,))
    assert len(points) == 24
    assert {row.picture.name for row in points.rows if row.picture} == {
        f"product_p{n:02d}/p{n:02d}_000.png" for n in range(24)
    }


def test_reels_are_named_by_their_file_and_put_under_their_first_folder(shop: Records) -> None:
    items, frames, videos = (gather(shop, (kind,)) for kind in (Kind.ITEM, Kind.FRAME, Kind.VIDEO))
    assert (len(items), len(frames), len(videos)) == (18, 4, 2)
    assert {(row.category, row.video) for row in items.rows} == {("folder0", "reel0.mp4"), ("folder1", "reel1.mp4")}
    assert items.rows[0].title == "crimson dress"
    assert items.rows[0].lines == ("reel0.mp4", "0.0–1.5 s", "90% sure")
    assert [row.title for row in frames.rows[:2]] == ["reel0.mp4 at 0.5 s", "reel0.mp4 at 1.5 s"]
    assert videos.rows[0].picture is not None
    assert videos.rows[0].picture.name == f"keyframes/{0:016x}/1.jpg", "the middle one"


def test_all_kinds_come_together(shop: Records) -> None:
    points = gather(shop, Subject.ALL.kinds)
    assert [sum(row.kind is kind for row in points.rows) for kind in Kind] == [24, 24, 18, 4, 2]


def test_what_left_the_shop_is_not_shown(shop: Records) -> None:
    with shop.transaction() as session:
        session.get_one(ProductRow, "p03").retired_at = NOW
        session.get_one(ProductImageRow, ("p05", "a")).retired_at = NOW
        session.add(vector_row("p06", "a.1", as_bytes(LOOK), state="leaving"))
        session.add(vector_row("p06", "a.2", as_bytes(LOOK), state="kept"))
    assert {row.owner for row in gather(shop, (Kind.PRODUCT,)).rows} == {f"p{n:02d}" for n in range(24)} - {
        "p03",
        "p05",
    }
    assert len(gather(shop, (Kind.PRODUCT,))) == 22


def test_parts_that_repeat_another_of_their_product_are_told_so(shop: Records) -> None:
    with shop.transaction() as session:
        session.add(image_row("p06", "b"))
        session.flush()
        session.add(vector_row("p06", "b", as_bytes(clustered()[6]), state="kept", duplicate_of="a"))
    points = gather(shop, (Kind.PRODUCT,))
    assert [(row.owner, row.part) for row in points.rows if row.is_duplicate] == [("p06", "b")]
    assert len(points.distinct()) == 24


def test_vectors_that_are_none_are_counted_and_left_out(shop: Records) -> None:
    broken = np.full(DIMENSION, np.nan), np.zeros(DIMENSION), LOOK[:-1], np.full(DIMENSION, np.inf)
    with shop.transaction() as session:
        for number, vector in enumerate(broken):
            session.add(image_row("p00", f"x{number}"))
            session.flush()
            session.add(vector_row("p00", f"x{number}", as_bytes(vector)))
        session.add(vector_row("p01", "x4", b"abc"))
        session.add(vector_row("p01", "x5", b""))
    points = gather(shop, (Kind.PRODUCT,))
    assert (len(points), points.unusable) == (24, 6)
    np.testing.assert_allclose(np.linalg.norm(points.vectors, axis=1), 1, atol=1e-6)


def test_vectors_are_made_unit_length(records: Records) -> None:
    with records.transaction() as session:
        session.add(product_row("1", "A"))
        session.flush()
        session.add(vector_row("1", "a", as_bytes(5 * LOOK)))
    np.testing.assert_allclose(gather(records, (Kind.PRODUCT,)).vectors[0], LOOK, atol=1e-6)


def add_other(records: Records, began_later: bool, state: str = "filling") -> None:
    """Two products, also by another embedder, of another dimension."""
    with records.transaction() as session:
        row = index_row(OTHER, state, LATER if began_later else NOW)
        row.dimension = 3
        session.add(row)
        session.flush()
        for product_id in ("p00", "p01"):
            session.add(vector_row(product_id, "a", as_bytes([1, 2, 3]), embedder=OTHER, state="pending"))


def test_only_the_live_embedder_is_shown_and_others_are_counted_and_named(shop: Records) -> None:
    add_other(shop, began_later=True)
    points = gather(shop, (Kind.PRODUCT,))
    assert (points.embedder, points.vectors.shape, points.left_out) == (EMBEDDER, (24, DIMENSION), {OTHER: 2})
    asked = gather(shop, (Kind.PRODUCT,), OTHER)
    assert (asked.embedder, asked.vectors.shape, asked.left_out) == (OTHER, (2, 3), {EMBEDDER: 24})


def test_without_a_live_one_the_newest_is_shown(shop: Records) -> None:
    with shop.transaction() as session:
        session.delete(session.get_one(CatalogIndex, EMBEDDER))
    add_other(shop, began_later=True)
    assert gather(shop, (Kind.PRODUCT,)).embedder == OTHER
    assert gather(shop, (Kind.TEXT,)).embedder == EMBEDDER, "the newest of those that have some"


def test_reels_seen_by_another_embedder_than_the_catalogue_are_shown_alone(records: Records, tmp_path: Path) -> None:
    fill_products(records, tmp_path)
    fill_reels(records, embedder=OTHER)
    assert gather(records, (Kind.ITEM,)).embedder == OTHER
    together = gather(records, Subject.ALL.kinds)
    assert (together.embedder, together.left_out) == (EMBEDDER, {OTHER: 24})


def test_of_a_video_the_latest_run_that_ended_well_is_shown(shop: Records) -> None:
    video_id = f"{0:016x}"
    with shop.transaction() as session:
        add_run(session, video_id, "new", EMBEDDER, None, LATER)
        session.flush()
        session.add(item_row(f"{video_id}-new", video_id, "900", as_bytes(LOOK), "hat"))
    items = gather(shop, (Kind.ITEM,))
    assert [row.part for row in items.rows if row.owner == video_id] == ["900"]
    with shop.transaction() as session:
        session.get_one(Run, f"{video_id}-new").state = "processing"
    assert "900" not in {row.part for row in gather(shop, (Kind.ITEM,)).rows}


def test_a_video_whose_upload_was_superseded_is_called_by_its_id(shop: Records) -> None:
    video_id = f"{0:016x}"
    with shop.transaction() as session:
        for row in session.scalars(select(Upload).where(Upload.video_id == video_id)):
            row.state = "superseded"
        session.add(upload_row("videos/plain.mp4", f"{1:016x}"))
    names = {row.owner: (row.video, row.category) for row in gather(shop, (Kind.VIDEO,)).rows}
    assert names[video_id] == (video_id, "")
    assert names[f"{1:016x}"] == ("reel1.mp4", "folder1"), "the first of its uploads"


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ((Kind.PRODUCT,), "`reelwear catalog index` makes those of products"),
        ((Kind.ITEM,), "`reelwear drop` a reel for items"),
        (tuple(Kind), "there are no vectors of anything yet"),
    ],
)
def test_where_there_is_nothing_it_is_said_what_brings_it(
    records: Records, kinds: tuple[Kind, ...], words: str
) -> None:
    with pytest.raises(ReelwearError, match=words) as caught:
        gather(records, kinds)
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_where_there_is_something_else_it_is_named(records: Records) -> None:
    fill_reels(records)
    with pytest.raises(ReelwearError, match=r"--of items \(18\), --of frames \(4\), --of videos \(2\)"):
        gather(records, (Kind.PRODUCT,))
    with pytest.raises(ReelwearError, match=r"looks@9 has no vectors of items; there are: looks@1 \(18\)"):
        gather(records, (Kind.ITEM,), "looks@9")
