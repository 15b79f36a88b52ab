"""The table of prompts, written and read; other people's tables too."""

import csv
from pathlib import Path

import pytest

from catalog_jobs.catalog.learning.rows import COLUMNS, PromptRow, read_prompts, write_prompts
from infra.errors import ErrorCode, ReelwearError
from tests.catalog_jobs.catalog.learning.drawn import shop_rows, write_shop

SEED_COLUMNS = ("id", "image_path", "label", "text", "image_url", "bbox", "score")


def table(path: Path, header: tuple[str, ...], *rows: tuple[str, ...]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    rows = shop_rows(tmp_path)
    assert list(read_prompts(write_shop(tmp_path, rows)).rows) == rows


def test_the_columns_are_those_of_the_field_and_pictures_are_named_beside_the_table(tmp_path: Path) -> None:
    row = PromptRow("7", tmp_path / "crops" / "a.png", "dress", "=red, dress", "val", bbox=(1, 2.5, 3, 4), score=0.5)
    write_prompts(tmp_path / "p.csv", [row])
    with (tmp_path / "p.csv").open(newline="") as file:
        written = next(csv.DictReader(file))
    assert tuple(written) == COLUMNS
    assert written["image_path"] == "crops/a.png"
    assert written["bbox"] == "[1, 2.5, 3, 4]"
    assert written["text"] == "'=red, dress"
    assert read_prompts(tmp_path / "p.csv").rows[0].text == "=red, dress"


def test_a_table_without_a_split_is_split_by_product(tmp_path: Path) -> None:
    rows = [(str(number // 2), f"{number}.png", "d", f"t{number}", "", "", "") for number in range(200)]
    read = read_prompts(table(tmp_path / "p.csv", SEED_COLUMNS, *rows))
    sides = {
        row.product_id: {other.split for other in read.rows if other.product_id == row.product_id} for row in read.rows
    }
    assert all(len(found) == 1 for found in sides.values())
    assert 0 < len(read.side("val")) < 60


def test_rows_without_what_they_need_are_left_out_and_counted(tmp_path: Path) -> None:
    read = read_prompts(
        table(
            tmp_path / "p.csv", ("id", "image_path", "text"), ("1", "a.png", "x"), ("2", "", "x"), ("3", "c.png", " ")
        )
    )
    assert (len(read.rows), dict(read.skipped)) == (1, {"no_image_path": 1, "no_text": 1})


@pytest.mark.parametrize("by", ["id", "group"])
def test_what_is_held_out_is_not_trained_on(by: str, tmp_path: Path) -> None:
    ids = ("1", "1") if by == "id" else ("1", "2")
    group = "G" if by == "group" else ""
    header = ("id", "image_path", "text", "group", "split")
    path = table(
        tmp_path / "p.csv", header, (ids[0], "a.png", "x", group, "train"), (ids[1], "b.png", "y", group, "val")
    )
    with pytest.raises(ReelwearError, match="on both sides"):
        read_prompts(path)


@pytest.mark.parametrize(
    ("content", "code", "match"),
    [
        pytest.param(b"id,text\n1,x\n", ErrorCode.BAD_REQUEST, "lacks the columns image_path", id="columns"),
        pytest.param(b"", ErrorCode.BAD_REQUEST, "lacks the columns", id="empty"),
        pytest.param(b"id,image_path,text\n1,a,\xff\n", ErrorCode.BAD_REQUEST, "no text in UTF-8", id="encoding"),
        pytest.param(None, ErrorCode.NOT_FOUND, "reelwear catalog prompts", id="missing"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_name(
    content: bytes | None, code: ErrorCode, match: str, tmp_path: Path
) -> None:
    path = tmp_path / "p.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ReelwearError) as caught:
        read_prompts(path)
    assert (caught.value.code, match in caught.value.message) == (code, True)


def test_a_table_that_cannot_be_written_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReelwearError, match="cannot be written"):
        write_prompts(tmp_path / "file" / "p.csv", [])
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
