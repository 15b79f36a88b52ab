"""On Ray: the same files as in this process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from catalog_jobs.catalog.cropping.batch import Outcome, Task
from catalog_jobs.catalog.cropping.faults import Reason
from catalog_jobs.catalog.cropping.looking import ParserLooks
from catalog_jobs.catalog.cropping.on_ray import OUTCOMES, TASKS, Cutter, outcomes_of
from catalog_jobs.catalog.cropping.options import CropOptions
from catalog_jobs.catalog.cropping.pieces import Sold
from infra.errors import ErrorCode, ReelwearError
from tests.catalog_jobs.catalog.cropping.stock import article, as_file, photos, plain, stocked

ROOT = Path(__file__).parents[4]
CROP = ["catalog", "crop", "--ray", "local", "--force", "--json"]


# What Ray reads of the environment it reads once a process, so that the command has one of its own.
def test_a_crop_on_ray_writes_the_files_of_this_process(tmp_path: Path, looks: ParserLooks) -> None:
    pytest.importorskip("pyarrow", reason="Ray Data needs it: pip install 'reelwear[jobs]'")
    products = {"7": ("dress", [*photos(article("wrap_dress")), as_file(plain(20, 90))]), "8": ("bag", [])}
    with stocked(tmp_path, products) as stock:
        stock.crop(looks)
        here = stock.files()
        places = ["--data", str(tmp_path), "--from", str(stock.folder)]
        command = [sys.executable, "-m", "infra.local.cli", *CROP, *places]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        report = json.loads(done.stdout)
        assert (report["ran"], report["done"], report["reasons"]) == ("ray", 2, {"too_small": 1})
        assert stock.files() == here


def test_tasks_and_outcomes_travel_whole() -> None:
    tasks = [Task("7", 0, "7_000.jpg", "ab", Sold(("top", "pants"), "red")), Task("8", 1, "8_001.png", "cd", Sold(()))]
    assert TASKS.validate_json(TASKS.dump_json(tasks)) == tasks
    outcomes = [Outcome("7", 0, (("top", "ground"),)), Outcome("8", 1, (), Reason.DAMAGED, "it is damaged")]
    row = {"outcomes": OUTCOMES.dump_json(outcomes).decode(), "code": "", "message": ""}
    assert outcomes_of(row) == outcomes


def test_a_picture_that_cannot_be_cut_is_told_by_the_actor(tmp_path: Path) -> None:
    cutter = Cutter(str(tmp_path), CropOptions())
    tasks = [Task("7", 0, "7_000.jpg", "ab", Sold(("top",)))]
    told = cutter({"tasks": np.array([TASKS.dump_json(tasks).decode()], object)})
    outcome = outcomes_of({name: column[0] for name, column in told.items()})[0]
    assert outcome.reason is Reason.UNREADABLE


def test_what_stops_an_actor_stops_the_run() -> None:
    with pytest.raises(ReelwearError, match="no room") as raised:
        outcomes_of({"outcomes": "[]", "code": "DISK_FULL", "message": "no room left"})
    assert raised.value.code is ErrorCode.DISK_FULL
