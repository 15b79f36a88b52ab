"""On Ray: the same rows as in this process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from catalog_jobs.catalog.indexing.here import EmbedderHere
from catalog_jobs.catalog.indexing.job import index_catalog
from catalog_jobs.catalog.indexing.on_ray import given_of, join, read_row, row_of
from catalog_jobs.catalog.indexing.parts import Failure, Kind, Part
from catalog_jobs.catalog.indexing.threads import Threads
from infra.errors import ErrorCode, ReelwearError
from infra.records.store import Records
from tests.catalog_jobs.catalog.indexing.cut_shop import CutShop, rows_of

ROOT = Path(__file__).parents[4]
LOCAL = ["catalog", "index", "--ray", "local", "--embedder", "here", "--batch", "4", "--json"]


# What Ray reads of the environment it reads once a process, so that the command has one of its own.
def test_an_index_on_ray_is_the_one_of_this_process(shop: CutShop, records: Records, embedder: EmbedderHere) -> None:
    pytest.importorskip("pyarrow", reason="Ray Data needs it: pip install 'reelwear[jobs]'")
    for number in range(4):
        shop.sell(str(number), f"a{number}", f"b{number}", title=f"Dress {number}")
    shop.bring(records)
    shop.cut(records)
    (shop.folder / "product_2" / "bbox_crops" / "2_001_crop_0_dress_bbox.jpg").write_bytes(b"no picture")
    command = [sys.executable, "-m", "infra.local.cli", *LOCAL, "--data", str(shop.data)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "REELWEAR_API_PORT": "9"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout)["index"]
    assert (report["via"], report["stopped"], report["reasons"]) == ("ray", None, {"damaged": 1})
    assert report["embedded"] == {"images": 7, "texts": 4}
    on_ray = rows_of(records)
    with records.transaction() as session:
        session.connection().exec_driver_sql("DELETE FROM product_vectors")
    index_catalog(records, shop.folder, Threads(embedder, "here", 4, 1))
    here = rows_of(records)
    assert {row["state"] for row in on_ray} <= {"stored", "kept"}
    assert [row | {"state": ""} for row in on_ray] == [row | {"state": ""} for row in here]


def test_a_part_travels_as_its_words_or_its_pixels_or_why_there_are_none(shop: CutShop, records: Records) -> None:
    shop.sell("1", "a")
    shop.bring(records)
    shop.cut(records)
    crop = shop.folder / "product_1" / "bbox_crops" / "1_000_crop_0_dress_bbox.jpg"
    words = Part("1", "text", Kind.TEXT, (), "", words="a red dress")
    assert given_of(read_row(row_of(0, words))) == "a red dress"
    picture = given_of(read_row(row_of(1, Part("1", "p", Kind.IMAGE, (), "", box_path=crop))))
    assert isinstance(picture, np.ndarray) and picture.shape[2] == 3
    missing = given_of(read_row(row_of(2, Part("1", "p", Kind.IMAGE, (), "", box_path=crop.with_name("none.jpg")))))
    assert isinstance(missing, Failure) and missing.reason == "no_crop"


def test_a_cluster_that_does_not_answer_is_told() -> None:
    with pytest.raises(ReelwearError) as fault:
        join("127.0.0.1:9")
    assert fault.value.code is ErrorCode.BAD_SETTING
    assert "--ray local" in fault.value.message
