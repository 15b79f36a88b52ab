"""Runs that were stopped: the next one goes on, and the records end as if nothing had happened."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from catalog_jobs.catalog.indexing.here import EmbedderHere
from catalog_jobs.catalog.indexing.job import index_catalog
from catalog_jobs.catalog.indexing.report import Progress
from catalog_jobs.catalog.indexing.threads import Threads
from infra.records.store import Records
from tests.catalog_jobs.catalog.indexing.cut_shop import CutShop, rows_of

ROOT = Path(__file__).parents[4]
PRODUCTS = 12
PARTS = 4 * PRODUCTS
PROGRAM = """
import sys
from pathlib import Path

from catalog_jobs.catalog.indexing.here import ModelChoice
from catalog_jobs.catalog.indexing.job import index_catalog
from catalog_jobs.catalog.indexing.threads import Threads
from infra.records.store import Records

line = Threads(ModelChoice("embedded", 1, 3).load(), "here", 3, 1)
index_catalog(Records(sys.argv[2]), Path(sys.argv[1]), line, page_parts=8)
"""


@pytest.fixture
def straight(shop: CutShop, records: Records) -> Iterator[Records]:
    """A shop with duplicates, and a copy of its records for a run that nobody stops."""
    for number in range(PRODUCTS):
        shop.sell(f"{number:02d}", f"a{number}", f"a{number}~again", f"b{number}", title=f"Dress number {number}")
    shop.bring(records)
    shop.cut(records)
    file = shop.data / "straight.sqlite"
    with closing(sqlite3.connect(file_of(records))) as source, closing(sqlite3.connect(file)) as copy:
        source.backup(copy)
    opened = Records(f"sqlite:///{file}")
    yield opened
    opened.close()


def file_of(records: Records) -> str:
    return records.engine.url.database or ""


def rows_in(records: Records) -> int:
    with closing(sqlite3.connect(file_of(records))) as connection:
        return int(connection.execute("SELECT count(*) FROM product_vectors").fetchone()[0])


def check_end(shop: CutShop, records: Records, straight: Records, embedder: EmbedderHere) -> None:
    """Go on where a run was stopped, and do it all at once elsewhere, in batches of other sizes."""
    done = rows_in(records)
    assert 0 < done < PARTS
    report = index_catalog(records, shop.folder, Threads(embedder, "here", 4, 1), page_parts=8)
    assert (report.stopped, report.failed) == (None, 0)
    assert report.kept.images + report.kept.texts == done
    assert report.embedded.images + report.embedded.texts == PARTS - done
    whole = index_catalog(straight, shop.folder, Threads(embedder, "here", 7, 1))
    assert whole.counts == report.counts and whole.counts["duplicates"] >= PRODUCTS
    assert rows_of(records) == rows_of(straight)


def test_a_run_that_was_killed_is_finished_by_the_next_with_the_same_rows(
    shop: CutShop, records: Records, straight: Records, embedder: EmbedderHere
) -> None:
    command = [sys.executable, "-c", PROGRAM, str(shop.folder), records.url]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as child:
        while rows_in(records) < 16 and child.poll() is None:
            time.sleep(0.005)
        child.kill()
        assert child.wait() == -signal.SIGKILL
    check_end(shop, records, straight, embedder)


def test_a_run_that_was_interrupted_says_so_and_is_finished_by_the_next(
    shop: CutShop, records: Records, straight: Records, embedder: EmbedderHere
) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.done == 20:
            signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        report = index_catalog(records, shop.folder, Threads(embedder, "here", 4, 1), interrupt, page_parts=8)
    finally:
        signal.signal(signal.SIGINT, before)
    assert report.stopped is not None and report.stopped.code == "interrupted"
    assert (report.embedded.images + report.embedded.texts, report.counts) == (20, {})
    check_end(shop, records, straight, embedder)
