"""Pictures that broke off, and runs that were stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catalog_jobs.catalog.fetching.job import LOCK_FILE
from catalog_jobs.catalog.pictures import Picture
from tests.catalog_jobs.catalog.fetching.conftest import Fetch
from tests.catalog_jobs.catalog.fetching.drawn import drawn, large
from tests.catalog_jobs.catalog.fetching.shop import Served, Shop

ROOT = Path(__file__).parents[4]
MODIFIED = "Fri, 20 Nov 2026 10:00:00 GMT"
BODY = large(600_000)
BREAK = 350_000


def ranges(shop: Shop) -> list[str | None]:
    return [one.headers.get("range") for one in shop.asked]


def picture(folder: Path) -> bytes:
    return (folder / "out" / "product_1" / "1_000.jpg").read_bytes()


def names(folder: Path) -> set[str]:
    return {path.name for path in (folder / "out" / "product_1").iterdir()}


@pytest.mark.parametrize("validator", [{"etag": '"v1"'}, {"last_modified": MODIFIED}], ids=["etag", "date"])
def test_a_body_that_breaks_off_is_gone_on_with_in_the_same_run(
    validator: dict[str, str], shop: Shop, fetch: Fetch, tmp_path: Path
) -> None:
    broken = Served(BODY, knows_ranges=True, breaks_after=BREAK, times=1, **validator)  # type: ignore[arg-type]
    url = shop.serve("/a.jpg", broken, Served(BODY, knows_ranges=True, **validator))  # type: ignore[arg-type]
    assert fetch([Picture("1", 0, url)]).fetched == 1
    assert ranges(shop) == [None, f"bytes={BREAK}-"]
    assert shop.asked[1].headers["if-range"] == next(iter(validator.values()))
    assert shop.sent_bytes == len(BODY)
    assert picture(tmp_path) == BODY
    assert names(tmp_path) == {"1_000.jpg", "product_info.json", "product_info.txt"}


def test_what_a_failed_run_had_is_gone_on_with_by_the_next(shop: Shop, fetch: Fetch, tmp_path: Path) -> None:
    url = shop.serve(
        "/a.jpg", Served(BODY, etag='"v1"', knows_ranges=True, breaks_after=BREAK, times=1), Served(b"", 503)
    )
    assert fetch([Picture("1", 0, url)]).reasons == {"overloaded": 1}
    assert ".1_000.part" in names(tmp_path)
    shop.serve("/a.jpg", Served(BODY, etag='"v1"', knows_ranges=True))
    shop.asked.clear()
    assert fetch([Picture("1", 0, url)]).fetched == 1
    assert ranges(shop) == [f"bytes={BREAK}-"]
    assert picture(tmp_path) == BODY
    assert names(tmp_path) == {"1_000.jpg", "product_info.json", "product_info.txt"}


def test_a_picture_that_changed_meanwhile_is_fetched_whole(shop: Shop, fetch: Fetch, tmp_path: Path) -> None:
    other = large(600_000, seed=5)
    url = shop.serve(
        "/a.jpg",
        Served(BODY, etag='"v1"', knows_ranges=True, breaks_after=BREAK, times=1),
        Served(other, etag='"v2"', knows_ranges=True),
    )
    assert fetch([Picture("1", 0, url)]).fetched == 1
    assert picture(tmp_path) == other


@pytest.mark.parametrize(
    "served",
    [
        pytest.param({"etag": '"v1"'}, id="no ranges"),
        pytest.param({"etag": 'W/"v1"', "knows_ranges": True}, id="a weak tag alone"),
        pytest.param({"knows_ranges": True}, id="nothing to tell the content by"),
    ],
)
def test_where_it_cannot_be_gone_on_with_it_is_fetched_from_the_beginning(
    served: dict[str, str], shop: Shop, fetch: Fetch, tmp_path: Path
) -> None:
    url = shop.serve(
        "/a.jpg",
        Served(BODY, breaks_after=BREAK, times=1, **served),  # type: ignore[arg-type]
        Served(BODY, **served),  # type: ignore[arg-type]
    )
    assert fetch([Picture("1", 0, url)]).fetched == 1
    assert picture(tmp_path) == BODY
    assert shop.sent_bytes == BREAK + len(BODY)


def test_halves_that_do_not_make_a_picture_are_fetched_whole(shop: Shop, fetch: Fetch, tmp_path: Path) -> None:
    url = shop.serve(
        "/a.jpg",
        Served(BODY, etag='"v1"', knows_ranges=True, breaks_after=BREAK, times=1),
        Served(BODY[:-100], etag='"v1"', knows_ranges=True, times=1),
        Served(BODY, etag='"v1"', knows_ranges=True),
    )
    assert fetch([Picture("1", 0, url)]).fetched == 1
    assert ranges(shop) == [None, f"bytes={BREAK}-", None]
    assert picture(tmp_path) == BODY


def test_a_part_of_another_url_is_thrown_away(shop: Shop, fetch: Fetch, tmp_path: Path) -> None:
    url = shop.serve("/a.jpg", Served(BODY, etag='"v1"', knows_ranges=True, breaks_after=BREAK))
    assert fetch([Picture("1", 0, url)], attempts=1).failed == 1
    assert fetch([Picture("1", 0, shop.serve("/b.jpg", Served(drawn(), etag='"v1"', knows_ranges=True)))]).fetched == 1
    assert ranges(shop)[-1] is None
    assert picture(tmp_path) == drawn()


def test_a_part_that_is_longer_than_the_picture_is_thrown_away(shop: Shop, fetch: Fetch, tmp_path: Path) -> None:
    url = shop.serve("/a.jpg", Served(BODY, etag='"v1"', knows_ranges=True, breaks_after=BREAK))
    assert fetch([Picture("1", 0, url)], attempts=1).failed == 1
    part = tmp_path / "out" / "product_1" / ".1_000.part"
    part.write_bytes(BODY + b"more")
    shop.serve("/a.jpg", Served(BODY, etag='"v1"', knows_ranges=True))
    assert fetch([Picture("1", 0, url)]).fetched == 1
    assert picture(tmp_path) == BODY


PROGRAM = """
import json, signal, sys
from pathlib import Path

# A shell's background job, and its children, ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)

from catalog_jobs.catalog.fetching.job import fetch_pictures
from catalog_jobs.catalog.fetching.options import FetchOptions
from catalog_jobs.catalog.pictures import Picture

url, count, out = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
rows = (Picture(str(one // 5), one % 5, f"{url}/{one}.jpg") for one in range(count))
options = FetchOptions(at_once=4, at_once_per_host=4, trusted_hosts=frozenset({"127.0.0.1"}))
report = fetch_pictures(rows, out, options, total=count)
print(report.model_dump_json())
"""


def program(shop: Shop, count: int, out: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PROGRAM, shop.url, str(count), str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)


def whole(out: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(out)): one.read_bytes() for one in out.rglob("*") if one.is_file() and one.name != LOCK_FILE
    }


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
def test_a_run_that_was_stopped_is_finished_by_the_next_with_the_same_files(
    end: signal.Signals, shop: Shop, tmp_path: Path
) -> None:
    count = 60
    for one in range(count):
        shop.serve(f"/{one}.jpg", Served(drawn(seed=one), etag=f'"{one}"', knows_ranges=True, delay_s=0.02))
    with program(shop, count, tmp_path / "out") as first:
        # Late enough that some have come whole on a busy machine too.
        while len(shop.asked) < 2 * count // 3:
            time.sleep(0.005)
        first.send_signal(end)
        told = first.communicate(timeout=60)[0]
    if end is signal.SIGINT:
        report = json.loads(told)
        assert report["stopped"]["code"] == "interrupted"
        assert 0 < report["fetched"] < count
    shop.asked.clear()
    with program(shop, count, tmp_path / "out") as second:
        report = json.loads(second.communicate(timeout=60)[0])
    assert report["failed"] == 0 and report["stopped"] is None
    assert report["kept"] + report["fetched"] == count
    assert report["kept"] > 0
    assert len(shop.asked) >= report["fetched"]
    with program(shop, count, tmp_path / "straight") as straight:
        straight.communicate(timeout=60)
    assert whole(tmp_path / "out") == whole(tmp_path / "straight")
