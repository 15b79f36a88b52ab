import codecs
from pathlib import Path

import pytest

from catalog_jobs.catalog.reading import lines
from catalog_jobs.catalog.reading.lines import read_lines, read_text
from infra.errors import ErrorCode, ReelwearError

TEXT = "id,title\r\n1,Crêpe ₹ dress\r\n"


def read(path: Path, content: bytes) -> tuple[str, list[str]]:
    path.write_bytes(content)
    told: list[str] = []
    return read_text(path, told.append), told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(TEXT.encode(), [], id="UTF-8"),
        pytest.param(TEXT.encode("utf-8-sig"), [], id="UTF-8 with its mark"),
        pytest.param(TEXT.encode("utf-16"), ["shop.csv is in UTF-16"], id="UTF-16 with its mark"),
        pytest.param(codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), ["shop.csv is in UTF-16"], id="the other UTF-16"),
        pytest.param(TEXT.encode("utf-16-le"), ["shop.csv is in UTF-16-LE"], id="UTF-16 without a mark"),
        pytest.param(TEXT.encode("utf-32"), ["shop.csv is in UTF-32"], id="UTF-32"),
    ],
)
def test_text_is_the_same_in_every_encoding(tmp_path: Path, content: bytes, told: list[str]) -> None:
    assert read(tmp_path / "shop.csv", content) == (TEXT, told)


def test_what_is_no_utf_8_is_windows_1252_and_told(tmp_path: Path) -> None:
    text, told = read(tmp_path / "shop.csv", "id,title\n1,Crêpe – “soft”\n".encode("cp1252"))
    assert text == "id,title\n1,Crêpe – “soft”\n"
    assert told == ["shop.csv is no UTF-8 in 1 of 2 lines; they were read as Windows-1252"]


def test_a_file_put_together_from_two_encodings_keeps_both(tmp_path: Path) -> None:
    text, told = read(tmp_path / "shop.csv", "Crêpe ₹\n".encode() + "Crêpe\n".encode("cp1252"))
    assert text == "Crêpe ₹\nCrêpe\n"
    assert len(told) == 1


def test_half_a_character_at_the_end_of_utf_16_is_marked_and_told(tmp_path: Path) -> None:
    text, told = read(tmp_path / "shop.csv", TEXT.encode("utf-16") + b"\x00\xd8a\x00")
    assert text.endswith("\ufffda")
    assert told[-1] == "shop.csv is no UTF-16 in places; they are marked with \ufffd"


def test_lines_that_end_as_on_old_macs_are_lines(tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_bytes(b"id,title\r1,Dress\r2,Top")
    assert list(read_lines(tmp_path / "shop.csv", print)) == ["id,title\n", "1,Dress\n", "2,Top"]


@pytest.mark.parametrize("content", [b"", b" \r\n\n"], ids=["nothing", "white space"])
def test_an_empty_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ReelwearError, match=r"shop\.csv is empty") as caught:
        read(tmp_path / "shop.csv", content)
    assert caught.value.code is ErrorCode.EMPTY_FILE


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReelwearError, match="No such file") as caught:
        read_text(tmp_path / "none.csv", print)
    assert caught.value.code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 1000)
    with pytest.raises(ReelwearError, match="a line of over") as caught:
        read(tmp_path / "shop.csv", ("x" * 5000).encode(encoding))
    assert caught.value.code is ErrorCode.TOO_LARGE
