"""A crop that is killed, and the next one that goes on where it was."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catalog_jobs.catalog.cropping.looking import ParserLooks
from tests.catalog_jobs.catalog.cropping.stock import as_file, plain, stocked

ROOT = Path(__file__).parents[4]
COUNT = 16
PROGRAM = """
import signal, sys
from pathlib import Path

# A shell's background job, and its children, ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)

from catalog_jobs.catalog.cropping.job import crop_catalog
from catalog_jobs.catalog.cropping.looking import ParserLooks
from catalog_jobs.catalog.cropping.options import CropOptions, Where
from infra.records.store import Records

options = CropOptions(batch=2, at_once=2)
records = Records("sqlite:///" + sys.argv[1])
print(crop_catalog(records, Path(sys.argv[2]), ParserLooks(0.2), Where.HERE, options).model_dump_json())
"""


def program(home: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PROGRAM, str(home / "records.sqlite"), str(home / "pictures")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)


def picture(number: int) -> bytes:
    pixels = plain(200, 260)
    pixels[40:220, 50 + number : 150 + number] = (9 * number, 40, 120)
    return as_file(pixels, ".jpg")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
def test_a_crop_that_was_stopped_is_finished_by_the_next_with_the_same_files(
    end: signal.Signals, tmp_path: Path, looks: ParserLooks
) -> None:
    products = {f"{number:02d}": ("dress", [picture(number)]) for number in range(COUNT)}
    with stocked(tmp_path / "stopped", products) as stopped, stocked(tmp_path / "straight", products) as straight:
        with program(tmp_path / "stopped") as first:
            while len(list(stopped.folder.rglob("*_results.json"))) < 4:
                time.sleep(0.005)
            first.send_signal(end)
            told = first.communicate(timeout=120)[0]
        assert 0 < len(list(stopped.folder.rglob("*_results.json"))) < COUNT
        if end is signal.SIGINT:
            assert json.loads(told)["stopped"]["code"] == "interrupted"
        with program(tmp_path / "stopped") as second:
            report = json.loads(second.communicate(timeout=120)[0])
        assert report["stopped"] is None and report["failed"] == 0
        assert report["kept"] >= 4 and report["kept"] + report["done"] == COUNT
        straight.crop(looks)
        assert len(straight.files()) >= 3 * COUNT
        assert stopped.files() == straight.files()
