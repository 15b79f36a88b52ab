from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from catalog_jobs.catalog.reading import workbook
from catalog_jobs.catalog.reading.rows import BadRow, Row
from catalog_jobs.catalog.reading.workbook import is_workbook, plain_number, read_sheets
from infra.errors import ErrorCode, ReelwearError
from tests.catalog_jobs.catalog.shop import sheet_xml, write_workbook

HEADER = ("id", "title")


def cells(path: Path) -> list[dict[str, str] | str]:
    (table,) = read_sheets(path)
    return [dict(row.cells) if isinstance(row, Row) else row.reason for row in table.rows()]


def one_cell(path: Path, xml: str, strings: str = "") -> dict[str, str] | str:
    (row,) = cells(write_workbook(path, {"S": sheet_xml([HEADER, ("1", xml)])}, strings))
    return row


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        pytest.param('<c t="inlineStr"><is><t>Dress</t></is></c>', "Dress", id="text in its place"),
        pytest.param('<c t="s"><v>0</v></c>', "Shared dress", id="shared text"),
        pytest.param('<c t="s"><v>1</v></c>', "Rich text", id="shared text in pieces, without its reading aid"),
        pytest.param(
            '<c t="str"><f>A1&amp;"x"</f><v>Dress</v></c>', "Dress", id="what a formula gave when it was saved"
        ),
        pytest.param("<c><v>1299.5</v></c>", "1299.5", id="a number"),
        pytest.param("<c><v>7.684123456789E12</v></c>", "7684123456789", id="a long id"),
        pytest.param('<c t="b"><v>1</v></c>', "TRUE", id="yes"),
    ],
)
def test_a_cell_is_what_is_stored(tmp_path: Path, xml: str, text: str) -> None:
    strings = (
        "<si><t>Shared dress</t></si>"
        "<si><r><t>Rich</t></r><r><t xml:space='preserve'> text</t></r><rPh sb='0' eb='1'><t>aid</t></rPh></si>"
    )
    assert one_cell(tmp_path / "t.xlsx", xml, strings) == {"id": "1", "title": text}


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        pytest.param('<c><f>HYPERLINK("http://x")</f></c>', "column 2 is a formula without its value", id="a formula"),
        pytest.param('<c t="e"><v>#N/A</v></c>', "column 2 holds the error #N/A", id="an error"),
        pytest.param('<c t="s"><v>7</v></c>', "column 2 points to text '7'", id="text that is not there"),
    ],
)
def test_a_cell_without_its_value_makes_the_row_bad_and_nothing_is_evaluated(
    tmp_path: Path, xml: str, reason: str
) -> None:
    found = one_cell(tmp_path / "t.xlsx", xml)
    assert isinstance(found, str)
    assert found.startswith(reason)


def test_rows_and_columns_that_are_left_out_stay_empty(tmp_path: Path) -> None:
    xml = (
        '<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c>'
        '<c r="C1" t="inlineStr"><is><t>title</t></is></c></row>'
        '<row r="9"><c r="A9"><v>1</v></c><c r="C9" t="inlineStr"><is><t>Dress</t></is></c></row>'
        "</sheetData></worksheet>"
    )
    (table,) = read_sheets(write_workbook(tmp_path / "t.xlsx", {"S": xml}))
    (row,) = table.rows()
    assert isinstance(row, Row)
    assert (str(row.place), dict(row.cells)) == ("t.xlsx[S]:9", {"id": "1", "title": "Dress"})


def test_every_visible_sheet_with_cells_is_a_table_of_its_own(tmp_path: Path) -> None:
    full = sheet_xml([HEADER, ("1", "Dress")])
    sheets = {"A": full, "Empty": sheet_xml([]), "Hidden": full, "B": full}
    path = write_workbook(tmp_path / "t.xlsx", sheets, hidden=("Hidden",))
    assert [table.name for table in read_sheets(path)] == ["t.xlsx[A]", "t.xlsx[B]"]
    assert is_workbook(path)


def test_a_table_can_be_read_twice(tmp_path: Path) -> None:
    (table,) = read_sheets(write_workbook(tmp_path / "t.xlsx", {"S": sheet_xml([HEADER, ("1", "Dress")])}))
    assert list(table.rows()) == list(table.rows())


def test_a_sheet_that_bursts_is_refused_while_it_is_unpacked(tmp_path: Path) -> None:
    bomb = sheet_xml([HEADER, ("1", "x" * 40 * 1024**2)])
    with pytest.raises(ReelwearError, match="unpacks to over 16 MiB") as caught:
        cells(write_workbook(tmp_path / "t.xlsx", {"S": bomb}))
    assert caught.value.code is ErrorCode.TOO_LARGE


def test_entities_are_refused_before_they_expand(tmp_path: Path) -> None:
    xml = (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        '<worksheet><sheetData><row r="1"><c t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
    )
    with pytest.raises(ReelwearError, match="declares a document type") as caught:
        read_sheets(write_workbook(tmp_path / "t.xlsx", {"S": xml}))
    assert caught.value.code is ErrorCode.BAD_REQUEST


def test_a_file_outside_is_never_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    xml = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{(tmp_path / "secret").as_uri()}">]><worksheet>&a;</worksheet>'
    with pytest.raises(ReelwearError, match="declares a document type"):
        read_sheets(write_workbook(tmp_path / "t.xlsx", {"S": xml}))


@pytest.mark.parametrize(
    "break_it",
    [
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:200]), id="cut off"),
        pytest.param(
            lambda path: path.write_bytes(path.read_bytes().replace(b"\x08\x00", b"\x63\x00")),
            id="packed in an odd way",
        ),
        pytest.param(lambda path: write_workbook(path, {"S": "<worksheet><row>"}), id="XML that does not end"),
        pytest.param(lambda path: write_workbook(path, {"S": "no XML"}), id="no XML"),
    ],
)
def test_a_broken_workbook_is_named(tmp_path: Path, break_it: object) -> None:
    path = write_workbook(tmp_path / "t.xlsx", {"S": sheet_xml([HEADER, ("1", "Dress")])})
    assert callable(break_it)
    break_it(path)
    with pytest.raises(ReelwearError, match=r"t\.xlsx is a broken workbook") as caught:
        read_sheets(path)
    assert caught.value.code is ErrorCode.BAD_REQUEST


def test_another_zip_archive_is_no_workbook(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "t.xlsx", "w", ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(ReelwearError, match="a zip archive, but no workbook"):
        read_sheets(tmp_path / "t.xlsx")


def test_a_workbook_without_cells_is_empty(tmp_path: Path) -> None:
    with pytest.raises(ReelwearError, match="no sheet with cells") as caught:
        read_sheets(write_workbook(tmp_path / "t.xlsx", {"S": sheet_xml([])}))
    assert caught.value.code is ErrorCode.EMPTY_FILE


def test_cells_beyond_the_last_column_of_excel_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_COLUMNS", 2)
    path = write_workbook(tmp_path / "t.xlsx", {"S": sheet_xml([HEADER, ("1", "Dress", "More")])})
    (row,) = cells(path)
    assert row == {"id": "1", "title": "Dress"}


def test_a_row_has_a_bad_cell_and_the_next_one_is_good(tmp_path: Path) -> None:
    rows = [HEADER, ("1", '<c t="e"><v>#REF!</v></c>'), ("2", "Dress")]
    (table,) = read_sheets(write_workbook(tmp_path / "t.xlsx", {"S": sheet_xml(rows)}))
    bad, good = table.rows()
    assert isinstance(bad, BadRow)
    assert isinstance(good, Row)


@pytest.mark.parametrize(
    ("stored", "text"),
    [("5", "5"), ("5.0", "5"), ("1.25", "1.25"), ("1.299", "1.2990"), ("x", "x"), ("1E+20", "1e+20")],
)
def test_a_number_is_written_so_that_it_is_read_as_the_same(stored: str, text: str) -> None:
    assert plain_number(stored) == text
