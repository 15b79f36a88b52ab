"""Catalogues fetched over real sockets: the layout, what is not fetched again, the limits, the report."""

import fcntl
import hashlib
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_jobs.catalog.fetching.job import LOCK_FILE, fetch_pictures
from catalog_jobs.catalog.fetching.options import FetchOptions
from catalog_jobs.catalog.fetching.report import FetchReport, Progress
from catalog_jobs.catalog.pictures import Picture
from infra.errors import ErrorCode, ReelwearError
from tests.catalog_jobs.catalog.fetching.conftest import Fetch
from tests.catalog_jobs.catalog.fetching.drawn import CMYK_JPEG, drawn
from tests.catalog_jobs.catalog.fetching.shop import Served, Shop

MODIFIED = "Fri, 20 Nov 2026 10:00:00 GMT"


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != LOCK_FILE
    }


def info_of(folder: Path, product: str) -> dict[str, object]:
    read: dict[str, object] = json.loads((folder / f"product_{product}" / "product_info.json").read_text())
    return read


def only_failure(report: FetchReport) -> tuple[str, int]:
    assert report.failed == 1 and len(report.failures) == 1, report
    return report.failures[0].reason, report.failures[0].attempts


def test_pictures_lie_by_product_and_number_with_what_is_known_of_them(
    shop: Shop, fetch: Fetch, tmp_path: Path
) -> None:
    jpeg, png, webp = drawn(".jpg"), drawn(".png", 20, 30), drawn(".webp", 8, 9)
    rows = [
        Picture("7", 0, shop.serve("/a_1600x.jpg?v=1", Served(jpeg, etag='"a"', last_modified=MODIFIED))),
        Picture("7", 1, shop.serve("/b", Served(png, headers={"Content-Type": "text/html"}))),
        Picture("8", 0, shop.serve("/c.jpg", Served(webp))),
    ]
    report = fetch(rows, details=lambda product: {"title": f"Dress {product}", "tags": ["a", "b"]})
    assert (report.pictures, report.fetched, report.failed) == (3, 3, 0)
    assert report.bytes == len(jpeg) + len(png) + len(webp)
    files = tree(tmp_path / "out")
    assert files["product_7/7_000.jpg"] == jpeg
    assert files["product_7/7_001.png"] == png
    assert files["product_8/8_000.webp"] == webp
    assert set(files) == {
        "product_7/7_000.jpg", "product_7/7_001.png", "product_7/product_info.json", "product_7/product_info.txt",
        "product_8/8_000.webp", "product_8/product_info.json", "product_8/product_info.txt",
    }  # fmt: skip
    info = info_of(tmp_path / "out", "7")
    assert (info["id"], info["title"], info["tags"]) == ("7", "Dress 7", ["a", "b"])
    assert isinstance(info["pictures"], list)
    assert info["pictures"][0] == {
        "number": 0, "file": "7_000.jpg", "url": rows[0].url, "width": 48, "height": 32, "size_bytes": len(jpeg),
        "sha256": hashlib.sha256(jpeg).hexdigest(), "is_cmyk": False, "etag": '"a"', "last_modified": MODIFIED,
    }  # fmt: skip
    assert files["product_7/product_info.txt"].decode().splitlines() == [
        "id: 7", "title: Dress 7", "tags: a, b", "pictures: 2",
        f"  7_000.jpg  48×32  {rows[0].url}", f"  7_001.png  20×30  {rows[1].url}",
    ]  # fmt: skip


def test_the_same_input_twice_asks_for_nothing_and_changes_nothing(shop: Shop, fetch: Fetch, tmp_path: Path) -> None:
    rows = [Picture(str(one), 0, shop.serve(f"/{one}.jpg", Served(drawn(seed=one)))) for one in range(20)]
    assert fetch(rows).fetched == 20
    before = tree(tmp_path / "out")
    shop.asked.clear()
    again = fetch(rows)
    assert (again.kept, again.fetched, again.bytes) == (20, 0, 0)
    assert shop.asked == []
    assert tree(tmp_path / "out") == before


def test_a_second_run_fetches_what_the_first_could_not(shop: Shop, fetch: Fetch) -> None:
    rows = [Picture("1", 0, shop.serve("/a.jpg", Served(drawn()))), Picture("1", 1, f"{shop.url}/b.jpg")]
    first = fetch(rows)
    assert (first.fetched, first.reasons) == (1, {"not_found": 1})
    shop.serve("/b.jpg", Served(drawn(seed=1)))
    second = fetch(rows)
    assert (second.kept, second.fetched, second.failed) == (1, 1, 0)


@pytest.mark.parametrize("damage", ["gone", "shortened", "forgotten"])
def test_what_is_not_whole_here_is_fetched_again(damage: str, shop: Shop, fetch: Fetch, tmp_path: Path) -> None:
    rows = [Picture("1", 0, shop.serve("/a.jpg", Served(drawn())))]
    fetch(rows)
    folder = tmp_path / "out" / "product_1"
    if damage == "gone":
        (folder / "1_000.jpg").unlink()
    elif damage == "shortened":
        (folder / "1_000.jpg").write_bytes(drawn()[:-9])
    else:
        (folder / "product_info.json").write_text("{ half")
    assert fetch(rows).fetched == 1
    assert (folder / "1_000.jpg").read_bytes() == drawn()


def test_another_url_under_a_number_replaces_the_picture_and_its_old_format(
    shop: Shop, fetch: Fetch, tmp_path: Path
) -> None:
    fetch([Picture("1", 0, shop.serve("/a.jpg", Served(drawn())))])
    fetch([Picture("1", 0, shop.serve("/b.png", Served(drawn(".png"))))])
    names = sorted(path.name for path in (tmp_path / "out" / "product_1").iterdir())
    assert names == ["1_000.png", "product_info.json", "product_info.txt"]


@pytest.mark.parametrize("validator", [{"etag": '"v1"'}, {"etag": 'W/"v1"'}, {"last_modified": MODIFIED}])
def test_asked_again_a_server_that_says_304_keeps_the_file(
    validator: dict[str, str], shop: Shop, fetch: Fetch, tmp_path: Path
) -> None:
    rows = [Picture("1", 0, shop.serve("/a.jpg", Served(drawn(), **validator)))]  # type: ignore[arg-type]
    fetch(rows)
    before, sent_bytes = tree(tmp_path / "out"), shop.sent_bytes
    again = fetch(rows, is_asking_again=True)
    assert (again.unchanged, again.fetched, shop.sent_bytes) == (1, 0, sent_bytes)
    assert tree(tmp_path / "out") == before
    shop.serve("/a.jpg", Served(drawn(seed=9), etag='"v2"'))
    assert fetch(rows, is_asking_again=True).fetched == 1
    assert (tmp_path / "out" / "product_1" / "1_000.jpg").read_bytes() == drawn(seed=9)


def test_a_picture_that_its_server_lost_is_kept_here_and_told(shop: Shop, fetch: Fetch, tmp_path: Path) -> None:
    rows = [Picture("1", 0, shop.serve("/a.jpg", Served(drawn(), etag='"v1"')))]
    fetch(rows)
    shop.serve("/a.jpg", Served(b"", 410))
    assert only_failure(fetch(rows, is_asking_again=True)) == ("gone", 1)
    assert (tmp_path / "out" / "product_1" / "1_000.jpg").read_bytes() == drawn()


@pytest.mark.parametrize(
    "served, reason, attempts, words",
    [
        pytest.param(Served(b"", 404), "not_found", 1, "answers 404", id="404"),
        pytest.param(Served(b"", 410), "gone", 1, "answers 410", id="410"),
        pytest.param(Served(b"", 403), "forbidden", 1, "answers 403", id="403"),
        pytest.param(Served(b"", 500), "bad_answer", 3, "answers 500", id="500"),
        pytest.param(Served(b"", 503), "overloaded", 3, "answers 503", id="503"),
        pytest.param(Served(b"x" * 50_000, 404), "not_found", 1, "answers 404", id="a long page with 404"),
        pytest.param(Served(b"GIF89a" + b"\0" * 50), "wrong_type", 1, "it is a GIF", id="GIF"),
        pytest.param(
            Served(b"<svg xmlns='x'/>", headers={"Content-Type": "image/jpeg"}), "wrong_type", 1, "an SVG", id="SVG"
        ),
        pytest.param(Served(b"<!DOCTYPE html><p>Log in"), "wrong_type", 1, "an HTML page", id="HTML with 200"),
        pytest.param(Served(b""), "wrong_type", 1, "it is empty", id="empty"),
        pytest.param(Served(drawn()[:-200]), "damaged", 1, "ends in the middle", id="half a JPEG, told as whole"),
        pytest.param(Served(drawn(), told_bytes=300), "damaged", 1, "ends in the middle", id="length told too small"),
        pytest.param(Served(drawn(), told_bytes=99_999, breaks_after=10**6), "broken_off", 3, "", id="told too large"),
        pytest.param(Served(drawn()[:-9], told_bytes=-1), "damaged", 3, "the middle", id="no length, broken off"),
        pytest.param(Served(drawn(), is_chunked=True, breaks_after=700), "broken_off", 3, "", id="chunks, broken off"),
        pytest.param(Served(drawn(), stalls_after=0), "timed_out", 3, "sent nothing for 0.3 s", id="stalls"),
        pytest.param(Served(drawn(), stalls_after=700), "timed_out", 3, "sent nothing for 0.3 s", id="stalls midway"),
        pytest.param(Served(drawn(), drip_s=0.05), "timed_out", 3, "not sent it whole after 1 s", id="drips"),
        pytest.param(Served(drawn(), 206, {"Content-Range": "bytes 5-9/10"}), "bad_answer", 3, "range", id="odd range"),
        pytest.param(Served(b"", 304), "bad_answer", 1, "304", id="304 unasked"),
        pytest.param(
            Served(drawn(), headers={"Content-Encoding": "gzip"}), "bad_answer", 1, "encoded as gzip", id="encoded"
        ),
        pytest.param(Served(b"", 302), "bad_answer", 1, "answers 302", id="a redirect to nowhere"),
        pytest.param(Served(b"", 302, {"Location": "/x.jpg"}), "too_many_redirects", 1, "in a circle", id="circle"),
        pytest.param(Served(b"", 302, {"Location": "file:///etc/passwd"}), "bad_url", 1, "scheme is file", id="file"),
        pytest.param(Served(b"", 302, {"Location": "http://[::"}), "bad_url", 1, "no URL", id="a broken redirect"),
    ],
)
def test_each_way_to_fail_has_its_name(
    served: Served, reason: str, attempts: int, words: str, shop: Shop, fetch: Fetch, tmp_path: Path
) -> None:
    report = fetch([Picture("1", 3, shop.serve("/x.jpg", served))], read_timeout_s=0.3, total_timeout_s=1.0)
    assert only_failure(report) == (reason, attempts)
    assert words in report.failures[0].message
    assert (report.failures[0].product_id, report.failures[0].number) == ("1", 3)
    assert len(shop.asked) == attempts
    assert not list((tmp_path / "out").rglob("*.jpg*"))
    assert report.stopped is None


def test_a_server_that_fails_twice_is_asked_a_third_time(shop: Shop, fetch: Fetch) -> None:
    url = shop.serve("/a.jpg", Served(b"", 502, times=1), Served(drawn(), breaks_after=100, times=1), Served(drawn()))
    assert fetch([Picture("1", 0, url)]).fetched == 1
    assert len(shop.asked) == 3


def test_redirects_are_followed_to_the_limit(shop: Shop, fetch: Fetch) -> None:
    for step in range(6):
        shop.serve(f"/{step}", Served(b"moved", 302, {"Location": f"/{step + 1}"}))
    shop.serve("/6", Served(drawn()))
    assert fetch([Picture("1", 0, f"{shop.url}/1")]).fetched == 1
    assert only_failure(fetch([Picture("2", 0, f"{shop.url}/0")])) == ("too_many_redirects", 1)


def test_a_redirect_to_a_private_address_is_refused_before_a_connection(shop: Shop, fetch: Fetch) -> None:
    location = f"http://elsewhere.example:{shop.port}/secret"
    url = shop.serve("/a.jpg", Served(b"", 302, {"Location": location}))
    report = fetch([Picture("1", 0, url)])
    assert only_failure(report) == ("refused_address", 1)
    assert "elsewhere.example lies at 127.0.0.1, loopback" in report.failures[0].message
    assert "--allow-host elsewhere.example" in report.failures[0].message
    assert (shop.paths(), shop.connections) == (["/a.jpg"], 1)


@pytest.mark.parametrize(
    "url, reason",
    [
        ("", "bad_url"),
        ("ftp://a.example/x.jpg", "bad_url"),
        ("javascript:alert(1)", "bad_url"),
        ("https:///x.jpg", "bad_url"),
        ("http://[broken/x.jpg", "bad_url"),
        ("http://a.example:99999/x.jpg", "bad_url"),
        ("http://nowhere.invalid/x.jpg", "unknown_host"),
        ("picture.jpg", "bad_url"),
    ],
)
def test_a_url_that_cannot_be_asked_is_named(url: str, reason: str, fetch: Fetch) -> None:
    assert fetch([Picture("1", 0, url)]).reasons == {reason: 1}


@pytest.mark.parametrize("told", [None, -1, 10])
def test_a_picture_over_the_limit_is_given_up_while_it_comes(told: int | None, shop: Shop, fetch: Fetch) -> None:
    body = drawn(".png", 1200, 1200)
    served = Served(body, told_bytes=told) if told != 10 else Served(body, is_chunked=True)
    report = fetch([Picture("1", 0, shop.serve("/a.png", served))], max_bytes=100_000)
    assert only_failure(report) == ("too_large", 1)
    assert shop.sent_bytes < len(body)


def test_a_picture_of_too_many_pixels_is_refused_undecoded(shop: Shop, fetch: Fetch) -> None:
    body = bytearray(drawn(".png"))
    body[16:24] = (40_000).to_bytes(4) + (40_000).to_bytes(4)
    report = fetch([Picture("1", 0, shop.serve("/a.png", Served(bytes(body))))])
    assert only_failure(report) == ("too_many_pixels", 1)
    assert "40000×40000" in report.failures[0].message


def test_a_cmyk_jpeg_is_kept_and_told(shop: Shop, fetch: Fetch, tmp_path: Path) -> None:
    report = fetch([Picture("1", 0, shop.serve("/a.jpg", Served(CMYK_JPEG)))])
    assert report.fetched == 1
    assert [(note.product_id, note.number) for note in report.notes] == [("1", 0)]
    assert "CMYK" in report.notes[0].message
    assert '"is_cmyk": true' in (tmp_path / "out" / "product_1" / "product_info.json").read_text()


def test_so_many_at_once_to_a_host_and_so_many_in_all(shop: Shop, fetch: Fetch) -> None:
    rows = []
    for one in range(40):
        host = ("shop.example", "other.example")[one % 2]
        shop.serve(f"/{one}.jpg", Served(drawn(), delay_s=0.02))
        rows.append(Picture(str(one), 0, f"http://{host}:{shop.port}/{one}.jpg"))
    assert fetch(rows, at_once=5, at_once_per_host=3).fetched == 40
    assert shop.most["shop.example"] == shop.most["other.example"] == 3
    assert shop.most["all"] == 5


def test_a_slow_host_keeps_nobody_from_the_others(shop: Shop, fetch: Fetch) -> None:
    shop.serve("/slow.jpg", Served(drawn(), delay_s=0.2))
    shop.serve("/quick.jpg", Served(drawn()))
    slow = [Picture(f"s{one}", 0, f"http://shop.example:{shop.port}/slow.jpg") for one in range(6)]
    quick = [Picture(f"q{one}", 0, f"http://other.example:{shop.port}/quick.jpg") for one in range(6)]
    assert fetch([*slow, *quick], at_once=4, at_once_per_host=2).fetched == 12
    last_quick = max(place for place, path in enumerate(shop.paths()) if path == "/quick.jpg")
    assert shop.paths()[:last_quick].count("/slow.jpg") <= 4


def test_a_host_that_asks_for_rest_has_it_and_its_pictures_come_after(shop: Shop, fetch: Fetch) -> None:
    busy = Served(b"", 429, {"Retry-After": "1"}, times=1)
    rows = [Picture("1", 0, shop.serve("/a.jpg", busy, Served(drawn())))]
    rows += [Picture(str(one), 0, shop.serve(f"/{one}.jpg", Served(drawn()))) for one in range(2, 5)]
    report = fetch(rows, at_once_per_host=1)
    assert report.fetched == 4
    assert report.seconds >= 1.0
    assert shop.paths().count("/a.jpg") == 2 and len(shop.asked) == 5


def test_a_host_that_asks_for_too_much_rest_is_left_for_another_run(shop: Shop, fetch: Fetch) -> None:
    rows = [Picture(str(one), 0, f"{shop.url}/{one}.jpg") for one in range(5)]
    for one in range(5):
        shop.serve(f"/{one}.jpg", Served(b"", 429, {"Retry-After": "7200"}))
    report = fetch(rows, at_once_per_host=1)
    assert report.reasons == {"overloaded": 5}
    assert len(shop.asked) == 1
    assert sorted(one.attempts for one in report.failures) == [0, 0, 0, 0, 1]
    assert "run the fetch again later" in report.failures[0].message


def test_a_host_that_never_answers_is_given_up_for_the_rest(shop: Shop, fetch: Fetch) -> None:
    port = shop.port + 1 if shop.port < 65_535 else shop.port - 1
    rows = [Picture(str(one), 0, f"http://127.0.0.1:{port}/{one}.jpg") for one in range(30)]
    rows.append(Picture("here", 0, f"http://shop.example:{shop.port}/a.jpg"))
    shop.serve("/a.jpg", Served(drawn()))
    report = fetch(rows, max_misses=4, at_once_per_host=1)
    assert (report.fetched, report.reasons) == (1, {"unreachable": 30})
    assert sum(one.attempts for one in report.failures) == 4


def test_pictures_of_a_product_may_come_apart_and_still_share_its_document(
    shop: Shop, fetch: Fetch, tmp_path: Path
) -> None:
    rows = [
        Picture(product, number, shop.serve(f"/{product}{number}.jpg", Served(drawn(seed=number), delay_s=0.01)))
        for number in range(4)
        for product in ("1", "2", "3")
    ]
    assert fetch(rows).fetched == 12
    for product in ("1", "2", "3"):
        pictures = info_of(tmp_path / "out", product)["pictures"]
        assert isinstance(pictures, list)
        assert [one["number"] for one in pictures] == [0, 1, 2, 3]


def test_a_number_given_twice_is_one_picture_or_is_refused(shop: Shop, fetch: Fetch) -> None:
    a, b = (shop.serve(f"/{name}.jpg", Served(drawn(), delay_s=0.02)) for name in "ab")
    report = fetch([Picture("1", 0, a), Picture("1", 0, a), Picture("1", 0, b)])
    assert (report.fetched, report.kept, report.reasons) == (1, 1, {"number_taken": 1})
    assert shop.paths() == ["/a.jpg"]


def test_an_odd_id_stays_inside_the_folder(shop: Shop, fetch: Fetch, tmp_path: Path) -> None:
    url = shop.serve("/a.jpg", Served(drawn()))
    assert fetch([Picture("../../x", 0, url), Picture("a/b", 0, url), Picture("a b", 0, url)]).fetched == 3
    assert {path.name for path in tmp_path.iterdir()} == {"out"}
    assert len(list((tmp_path / "out").glob("product_*/*.jpg"))) == 3


def test_a_folder_of_another_product_is_not_written_over(shop: Shop, fetch: Fetch, tmp_path: Path) -> None:
    url = shop.serve("/a.jpg", Served(drawn()))
    fetch([Picture("1", 0, url)])
    (tmp_path / "out" / "product_1").rename(tmp_path / "out" / "product_2")
    assert fetch([Picture("2", 0, url)]).reasons == {"folder_taken": 1}


def test_a_folder_that_cannot_be_written_fails_its_product_alone(shop: Shop, fetch: Fetch, tmp_path: Path) -> None:
    url = shop.serve("/a.jpg", Served(drawn()))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "product_1").write_text("in the way")
    report = fetch([Picture("1", 0, url), Picture("2", 0, url)])
    assert (report.fetched, report.reasons) == (1, {"not_writable": 1})
    assert [note.product_id for note in report.notes] == ["1"]


def test_a_file_of_another_format_whose_document_was_lost_goes(shop: Shop, fetch: Fetch, tmp_path: Path) -> None:
    fetch([Picture("1", 0, shop.serve("/a.png", Served(drawn(".png"))))])
    (tmp_path / "out" / "product_1" / "product_info.json").unlink()
    fetch([Picture("1", 0, shop.serve("/b.jpg", Served(drawn())))])
    assert [path.name for path in (tmp_path / "out").rglob("1_000.*")] == ["1_000.jpg"]


def test_new_words_of_a_product_are_written_though_its_pictures_are_here(
    shop: Shop, fetch: Fetch, tmp_path: Path
) -> None:
    rows = [Picture("1", 0, shop.serve("/a.jpg", Served(drawn())))]
    fetch(rows, details=lambda _: {"title": "Dress", "mrp": "10.00"})
    fetch(rows, details=lambda _: {"title": "Dress", "mrp": "8.00"})
    assert info_of(tmp_path / "out", "1")["mrp"] == "8.00"
    fetch(rows)
    assert info_of(tmp_path / "out", "1")["mrp"] == "8.00"
    assert len(shop.asked) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_ends_the_run_by_name(shop: Shop, fetch: Fetch, tmp_path: Path) -> None:
    rows = [Picture(str(one), 0, shop.serve(f"/{one}.jpg", Served(drawn()))) for one in range(50)]
    part = tmp_path / "out" / "product_3" / ".3_000.part"
    part.parent.mkdir(parents=True)
    part.symlink_to("/dev/full")
    report = fetch(rows, at_once=1, at_once_per_host=1)
    assert report.stopped and report.stopped.code == "disk_full"
    assert "make room and run the fetch again" in report.stopped.message
    assert report.pictures < 50
    part.unlink()
    again = fetch(rows)
    assert (again.fetched + again.kept, again.failed, again.stopped) == (50, 0, None)
    assert again.kept >= report.fetched > 0


def test_a_second_fetch_into_the_folder_is_refused_while_one_runs(shop: Shop, fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    handle = os.open(tmp_path / "out" / LOCK_FILE, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(ReelwearError, match="another fetch writes") as caught:
            fetch([])
    finally:
        os.close(handle)
    assert caught.value.code is ErrorCode.ALREADY_RUNNING
    assert shop.asked == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReelwearError, match="name another folder"):
        fetch_pictures([], tmp_path / "file" / "out", FetchOptions())


def test_nothing_to_fetch_is_a_report_of_nothing(fetch: Fetch) -> None:
    report = fetch([])
    assert (report.pictures, report.failed, report.stopped) == (0, 0, None)


def test_what_the_rows_raise_by_name_ends_the_run_with_what_was_done(shop: Shop, fetch: Fetch) -> None:
    url = shop.serve("/a.jpg", Served(drawn()))

    def broken() -> Iterator[Picture]:
        yield Picture("1", 0, url)
        raise ReelwearError(ErrorCode.BAD_REQUEST, "row 2 is broken")

    report = fetch(broken())
    assert report.stopped and (report.stopped.code, report.stopped.message) == ("bad_request", "row 2 is broken")


def test_progress_rises_to_the_total(shop: Shop, fetch: Fetch) -> None:
    rows = [Picture(str(one), 0, shop.serve(f"/{one}.jpg", Served(drawn()))) for one in range(9)]
    seen: list[Progress] = []
    fetch([*rows, Picture("x", 0, "")], on_progress=seen.append)
    assert [one.done for one in seen] == sorted(one.done for one in seen)
    assert (seen[-1].total, seen[-1].failed, seen[-1].came) == (10, 1, 9)
    assert seen[-1].bytes == 9 * len(drawn())


def test_no_more_rows_are_taken_up_than_the_window_holds(shop: Shop, fetch: Fetch) -> None:
    url, taken = shop.serve("/a.jpg", Served(drawn())), 0
    ahead: list[int] = []

    def rows() -> Iterator[Picture]:
        nonlocal taken
        for taken in range(1, 201):
            yield Picture(str(taken), 0, url)

    report = fetch(rows(), window=12, on_progress=lambda progress: ahead.append(taken - progress.done))
    assert report.fetched == 200
    assert 0 < max(ahead) <= 12 + 1


def test_the_waits_between_attempts_come_from_the_given_chance(shop: Shop, fetch: Fetch) -> None:
    url = shop.serve("/a.jpg", Served(b"", 500))
    drawn_numbers: list[tuple[float, float]] = []

    class Chance(random.Random):
        def uniform(self, a: float, b: float) -> float:
            drawn_numbers.append((a, b))
            return 0.0

    fetch([Picture("1", 0, url)], attempts=5, backoff_base_s=1.0, backoff_cap_s=3.0, rng=Chance())
    assert drawn_numbers == [(0, 1.0), (0, 2.0), (0, 3.0), (0, 3.0)]
