"""Files beside the images file: copied, and never from outside its folder."""

import os
from pathlib import Path

import pytest

from catalog_jobs.catalog.pictures import Picture
from tests.catalog_jobs.catalog.fetching.conftest import Fetch
from tests.catalog_jobs.catalog.fetching.drawn import drawn


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "catalogue"
    (folder / "pictures").mkdir(parents=True)
    (folder / "pictures" / "a b.jpg").write_bytes(drawn())
    (tmp_path / "secret.jpg").write_bytes(drawn(seed=1))
    return folder


def row(home: Path, path: str, product: str = "1") -> Picture:
    return Picture(product, 0, path, str(home))


def test_a_relative_path_is_copied_once_and_again_when_it_changes(home: Path, fetch: Fetch, tmp_path: Path) -> None:
    rows = [row(home, "pictures/a b.jpg")]
    report = fetch(rows)
    assert (report.copied, report.bytes) == (1, len(drawn()))
    assert (tmp_path / "out" / "product_1" / "1_000.jpg").read_bytes() == drawn()
    assert fetch(rows).kept == 1
    (home / "pictures" / "a b.jpg").write_bytes(drawn(seed=2))
    assert fetch(rows).copied == 1
    assert (tmp_path / "out" / "product_1" / "1_000.jpg").read_bytes() == drawn(seed=2)


@pytest.mark.parametrize(
    "path, reason",
    [
        ("../secret.jpg", "outside"),
        ("pictures/../../secret.jpg", "outside"),
        ("/etc/passwd", "outside"),
        ("link.jpg", "outside"),
        ("linked/secret.jpg", "outside"),
        ("pictures/none.jpg", "no_file"),
        ("pictures", "no_file"),
        ("pipe.jpg", "no_file"),
        ("pictures/a\0.jpg", "bad_url"),
        ("x" * 5000, "no_file"),
    ],
)
def test_only_files_inside_the_folder_are_copied(
    path: str, reason: str, home: Path, fetch: Fetch, tmp_path: Path
) -> None:
    (home / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (home / "linked").symlink_to(tmp_path)
    os.mkfifo(home / "pipe.jpg")
    assert fetch([row(home, path)]).reasons == {reason: 1}
    assert not list((tmp_path / "out").rglob("*.jpg"))


def test_a_link_that_stays_inside_is_followed(home: Path, fetch: Fetch) -> None:
    (home / "link.jpg").symlink_to(home / "pictures" / "a b.jpg")
    assert fetch([row(home, "link.jpg")]).copied == 1


@pytest.mark.parametrize(
    "content, reason",
    [(b"GIF89a" + b"\0" * 40, "wrong_type"), (drawn()[:-100], "damaged"), (drawn() + b"\0" * 200_000, "too_large")],
)
def test_a_copied_file_is_checked_like_a_fetched_one(content: bytes, reason: str, home: Path, fetch: Fetch) -> None:
    (home / "odd.jpg").write_bytes(content)
    assert fetch([row(home, "odd.jpg")], max_bytes=100_000).reasons == {reason: 1}
